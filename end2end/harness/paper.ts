// What comes out of a printer: the pages of a PDF in millimetres, and codes read by two decoders that share no code.
import { inflateSync } from "node:zlib";
import { BinaryBitmap, DecodeHintType, HybridBinarizer, QRCodeReader, RGBLuminanceSource } from "@zxing/library";
import { PNG } from "pngjs";
import decoder from "jsqr";

// A script of another module system: what it exports arrives one level deeper in some loaders.
const jsQR = ("default" in decoder ? decoder.default : decoder) as typeof decoder;

/** Dots of an office printer that saves ink, per inch. */
export const DOTS_PER_INCH = 150;

/** A place on a page in millimetres from its upper left corner. */
export type Box = { left: number; top: number; right: number; bottom: number };

/** A page: its size in millimetres, and the black part of each code on it, in the order in which they are drawn. */
export type Printed = { width: number; height: number; codes: Box[] };

const MM_PER_POINT = 25.4 / 72;

/** The pages of a PDF as Chromium writes it. */
export function printed(pdf: Buffer): Printed[] {
  const text = pdf.toString("latin1");
  const pages = [...text.matchAll(/<<\/Type \/Page\n[\s\S]*?\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\][\s\S]*?\/Contents (\d+) 0 R/g)];
  return pages.map(([, width, height, contents]) => {
    const codes = drawings(stream(pdf, text, contents)).map(([left, bottom, right, top]) => ({
      left: left * MM_PER_POINT,
      top: (Number(height) - top) * MM_PER_POINT,
      right: right * MM_PER_POINT,
      bottom: (Number(height) - bottom) * MM_PER_POINT,
    }));
    return { width: Number(width) * MM_PER_POINT, height: Number(height) * MM_PER_POINT, codes };
  });
}

/** The commands of an object of the PDF. */
function stream(pdf: Buffer, text: string, object: string): string {
  const head = new RegExp(`(?:^|\\n)${object} 0 obj\\n<<[\\s\\S]*?/Length (\\d+)[\\s\\S]*?>>\\s*stream\\r?\\n`).exec(text);
  if (!head) throw new Error(`the PDF has no stream ${object}`);
  const from = head.index + head[0].length;
  return inflateSync(pdf.subarray(from, from + Number(head[1]))).toString("latin1");
}

type Matrix = [number, number, number, number, number, number];

/**
 * The extent of everything that is filled with black and made of a hundred pieces and more, which is a code: letters come from fonts,
 * and lines to cut along are grey. In points, `[left, bottom, right, top]`.
 */
function drawings(commands: string): number[][] {
  const found: number[][] = [];
  const kept: { at: Matrix; black: boolean }[] = [];
  let [at, black, pieces, points, numbers] = [[1, 0, 0, 1, 0, 0] as Matrix, true, 0, [] as number[][], [] as number[]];
  for (const word of commands.split(/\s+/)) {
    if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(word)) {
      numbers.push(Number(word));
      continue;
    }
    const [x, y] = numbers;
    if (word === "q") kept.push({ at, black });
    if (word === "Q") ({ at, black } = kept.pop()!);
    if (word === "cm") at = within(numbers as Matrix, at);
    if (word === "rg") black = numbers.every((part) => part === 0);
    if (word === "m") pieces += 1;
    if (word === "m" || word === "l") points.push([x * at[0] + y * at[2] + at[4], x * at[1] + y * at[3] + at[5]]);
    if (/^(f\*?|n|S|B)$/.test(word)) {
      const [across, up] = [points.map((point) => point[0]), points.map((point) => point[1])];
      if (black && pieces >= 100) found.push([Math.min(...across), Math.min(...up), Math.max(...across), Math.max(...up)]);
      [pieces, points] = [0, []];
    }
    numbers = [];
  }
  return found;
}

/** `inner` as the outside sees it. */
function within(inner: Matrix, outer: Matrix): Matrix {
  const [a, b, c, d, e, f] = inner;
  const [p, q, r, s, t, u] = outer;
  return [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u];
}

/** A picture of a page with so many dots per inch, without what lies outside of `box`. */
export function cut(picture: Buffer, box: Box): PNG {
  const whole = PNG.sync.read(picture);
  const [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom].map((mm) => Math.round((mm * DOTS_PER_INCH) / 25.4));
  const part = new PNG({ width: right - left, height: bottom - top });
  PNG.bitblt(whole, part, left, top, right - left, bottom - top, 0, 0);
  return part;
}

/** What each decoder reads in the picture; `""` where it finds no code. And how many modules the code is wide. */
export function read(picture: PNG): { texts: [string, string]; modules: number } {
  const { width, height } = picture;
  const one = jsQR(new Uint8ClampedArray(picture.data), width, height, { inversionAttempts: "dontInvert" });
  return { texts: [one?.data ?? "", zxing(picture)], modules: one ? 17 + 4 * one.version : 0 };
}

function zxing(picture: PNG): string {
  const { data, width, height } = picture;
  const greys = Uint8ClampedArray.from({ length: width * height }, (_, dot) => (data[4 * dot] + 2 * data[4 * dot + 1] + data[4 * dot + 2]) / 4);
  const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(greys, width, height)));
  try {
    // A camera looks again and again; this one looks once, at every row.
    return new QRCodeReader().decode(bitmap, new Map([[DecodeHintType.TRY_HARDER, true]])).getText();
  } catch {
    return "";
  }
}
