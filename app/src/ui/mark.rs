//! The moving verification mark of a receipt: a colour and a shape that change every hour, so that a screenshot of another
//! receipt or another hour shows another mark, and a picture does not move at all.

use domain::Millis;

/// How long one mark is shown: an hour of Asia/Shanghai.
pub const MARK_LASTS_MS: i64 = 3_600_000;

/// A colour and a shape, each named in words for those who hear the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// 0 to 5: red, orange, green, cyan, blue, purple.
    pub colour: u8,
    /// 0 to 5: circle, triangle, square, diamond, star, heart.
    pub shape: u8,
}

impl Mark {
    /// The number of the hour that `now` lies in, which goes into the seed.
    pub const fn hour(now: Millis) -> i64 {
        now.get().div_euclid(MARK_LASTS_MS)
    }

    /// The mark for a seed. The server derives the seed from a secret, the receipt and [`Mark::hour`], so that nobody can
    /// compute the mark of the next hour; receipt and manager's screen show the same one.
    pub const fn of_seed(seed: u64) -> Mark {
        Mark { colour: (seed % 6) as u8, shape: (seed / 6 % 6) as u8 }
    }

    /// The sign that is drawn.
    pub const fn sign(self) -> &'static str {
        match self.shape {
            0 => "●",
            1 => "▲",
            2 => "■",
            3 => "◆",
            4 => "★",
            _ => "♥",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_and_shape_occurs() {
        let marks: Vec<Mark> = (0..36).map(Mark::of_seed).collect();
        for colour in 0..6 {
            for shape in 0..6 {
                assert!(marks.contains(&Mark { colour, shape }));
            }
        }
    }

    #[test]
    fn the_mark_changes_on_the_hour() {
        let at = |text| Mark::hour(Millis::parse_rfc3339(text).unwrap());
        assert_eq!(at("2026-11-21T14:00:00+08:00"), at("2026-11-21T14:59:59+08:00"));
        assert_eq!(at("2026-11-21T14:59:59+08:00") + 1, at("2026-11-21T15:00:00+08:00"));
    }
}
