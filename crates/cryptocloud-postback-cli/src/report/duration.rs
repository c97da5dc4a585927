use std::fmt;

/// Seconds in the two largest units, such as `3 min 5 s`.
pub(crate) struct Seconds(pub(crate) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
        let mut left = self.0;
        let mut written = 0;
        for (seconds, name) in units {
            let count = left / seconds;
            left %= seconds;
            if count == 0 && !(seconds == 1 && written == 0) {
                continue;
            }
            if written == 2 {
                break;
            }
            let space = if written == 0 { "" } else { " " };
            write!(f, "{space}{count} {name}")?;
            written += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, expected: &str) {
        assert_eq!(Seconds(seconds).to_string(), expected);
    }

    #[test]
    fn two_units() {
        check(0, "0 s");
        check(12, "12 s");
        check(60, "1 min");
        check(185, "3 min 5 s");
        check(3_600, "1 h");
        check(90_061, "1 d 1 h");
        check(u64::MAX, "213503982334601 d 7 h");
    }
}
