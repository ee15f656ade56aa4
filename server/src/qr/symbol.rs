//! The black and white modules of a QR code, masked so that a decoder finds its three finders and nothing else.
//!
//! A decoder finds a code by its finders: dark, light, dark, light, dark in the widths 1:1:3:1:1, across and down. By chance the data
//! can look so too. The penalties of ISO 18004 count such a pattern in a row or a column by itself and only when it is exact;
//! ZXing, on which many scanners are built, allows half a module more or less and then wants row and column to cross. Of the codes that the
//! penalties alone choose half hold such a crossing, and ZXing could not read one in twenty of them at 150 dots per inch.

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, bits, ec};

/// The masks of ISO 18004; a decoder reads from the code which one it wears, so each says the same.
const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// How many modules a finder is wide.
const FINDER_MODULES: usize = 7;

/// A code without the white around it.
pub struct Symbol {
    /// How many modules it is wide and high.
    pub modules: usize,
    dark: Vec<bool>,
}

impl Symbol {
    /// The smallest code that holds `text`. `None` when no code does.
    pub fn new(text: &str, level: EcLevel) -> Option<Symbol> {
        let bits = bits::encode_auto(text.as_bytes(), level).ok()?;
        let version = bits.version();
        let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, level).ok()?;
        let mut canvas = Canvas::new(version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        let usual = Symbol::drawn(canvas.apply_best_mask(), version.width());
        if usual.false_finders() == 0 {
            return Some(usual);
        }
        let masked = MASKS.into_iter().map(|mask| {
            let mut canvas = canvas.clone();
            canvas.apply_mask(mask);
            Symbol::drawn(canvas, version.width())
        });
        masked.min_by_key(Symbol::false_finders)
    }

    fn drawn(canvas: Canvas, width: i16) -> Symbol {
        let dark = canvas.into_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        Symbol { modules: usize::from(width.unsigned_abs()), dark }
    }

    /// Whether the module in this column and row is black.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.modules + x]
    }

    /// How many places besides the three finders a decoder may take for one.
    fn false_finders(&self) -> usize {
        let columns: Vec<Vec<Lookalike>> = (0..self.modules).map(|x| lookalikes(self.modules, |y| self.is_dark(x, y))).collect();
        let far = self.modules - FINDER_MODULES;
        let is_finder = |x: usize, y: usize| (x < FINDER_MODULES || x >= far) && y < FINDER_MODULES || x < FINDER_MODULES && y >= far;
        let crosses = |row: &Lookalike, x: usize, y: usize| columns[x].iter().any(|column| column.core.contains(&y) && row.is_like(column));
        let in_row = |y: usize| {
            let rows = lookalikes(self.modules, |x| self.is_dark(x, y));
            rows.iter().filter(|row| row.middle().any(|x| !is_finder(x, y) && crosses(row, x, y))).count()
        };
        (0..self.modules).map(in_row).sum()
    }
}

/// Something along a line that has the widths of a finder.
struct Lookalike {
    /// The dark modules in its middle.
    core: std::ops::Range<usize>,
    /// From its first module to its last.
    modules: usize,
}

impl Lookalike {
    /// The module in the middle, or the two on both sides of it.
    fn middle(&self) -> std::ops::RangeInclusive<usize> {
        let twice = self.core.start + self.core.end - 1;
        twice / 2..=twice.div_ceil(2)
    }

    /// Whether both are of about one size, which ZXing asks of a row and the column that crosses it.
    fn is_like(&self, other: &Lookalike) -> bool {
        5 * self.modules.abs_diff(other.modules) < 2 * self.modules
    }
}

/// What looks like a finder along a line of so many modules.
fn lookalikes(modules: usize, is_dark: impl Fn(usize) -> bool) -> Vec<Lookalike> {
    let all: Vec<usize> = (0..modules).collect();
    let runs: Vec<&[usize]> = all.chunk_by(|left, right| is_dark(*left) == is_dark(*right)).collect();
    let finders =
        runs.windows(5).filter(|five| is_dark(five[0][0]) && has_the_widths_of_a_finder(&[0, 1, 2, 3, 4].map(|part| five[part].len())));
    finders.map(|five| Lookalike { core: five[2][0]..five[3][0], modules: five.iter().map(|run| run.len()).sum() }).collect()
}

/// 1:1:3:1:1, where each may be off by less than half of what it should be.
fn has_the_widths_of_a_finder(runs: &[usize; 5]) -> bool {
    let modules: usize = runs.iter().sum();
    // Against a seventh of the whole, times fourteen, so that everything is a whole number.
    let off = |run: usize, share: usize| 2 * (FINDER_MODULES * run).abs_diff(share * modules) < share * modules;
    runs.iter().zip([1, 1, 3, 1, 1]).all(|(run, share)| off(*run, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_module_more_or_less_still_looks_like_a_finder() {
        let table = [
            ([1, 1, 3, 1, 1], true),
            ([2, 2, 6, 2, 2], true),
            ([1, 1, 2, 1, 1], true),
            ([1, 1, 5, 1, 1], true),
            ([2, 1, 3, 1, 1], false),
            ([1, 1, 1, 1, 1], false),
            ([1, 1, 9, 1, 1], false),
        ];
        for (runs, expected) in table {
            assert_eq!(has_the_widths_of_a_finder(&runs), expected, "{runs:?}");
        }
    }

    #[test]
    fn hardly_a_code_holds_what_is_taken_for_a_finder() {
        let texts: Vec<String> = (30_000..60_000).step_by(297).map(|port| format!("http://127.0.0.1:{port}/p/demo-fixed")).collect();
        for level in [EcLevel::M, EcLevel::Q] {
            let doubtful = texts.iter().filter(|text| Symbol::new(text, level).unwrap().false_finders() > 0).count();
            assert!(doubtful <= 3, "{doubtful} of {} at {level:?}", texts.len());
        }
        // What ZXing could not read on paper.
        for port in [32_522, 33_298, 37_685] {
            let symbol = Symbol::new(&format!("http://127.0.0.1:{port}/p/demo-fixed"), EcLevel::Q).unwrap();
            assert_eq!(symbol.false_finders(), 0, "{port}");
        }
    }
}
