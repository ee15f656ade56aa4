// `make csr` built app/dist/csr; this opens it as a static page, with a server behind it that knows nothing.
import { expect, test } from "@playwright/test";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, resolve } from "node:path";

const dist = resolve(import.meta.dirname ?? __dirname, "../../app/dist/csr");
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };

let server: Server;
let url: string;

test.beforeAll(async () => {
  server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(dist, path.replace(/^\/pkg\/csr\//, ""));
    if (path.startsWith("/api/")) return void response.writeHead(503).end();
    const found = file.startsWith(dist) && existsSync(file) && statSync(file).isFile() ? file : join(dist, "index.html");
    response.writeHead(200, { "content-type": types[extname(found)] ?? "application/octet-stream" });
    createReadStream(found).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});

test.afterAll(() => void server.close());

test("the screens draw themselves without a server", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${url}/m`);
  await expect(page.locator("main")).toBeVisible();
  expect(errors).toEqual([]);
});
