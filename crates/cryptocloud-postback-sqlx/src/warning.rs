use std::fmt;

/// A setting with which the database may forget a payment that it said it had stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingWarning {
    name: &'static str,
    value: String,
}

impl SettingWarning {
    /// The setting.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where the value is a dangerous one, logs it too.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn check(name: &'static str, value: String, dangerous: &[&str]) -> Option<Self> {
        if !dangerous.contains(&value.as_str()) {
            return None;
        }
        let warning = Self { name, value };
        tracing::warn!(target: "cryptocloud_postback_sqlx", "{warning}");
        Some(warning)
    }
}

impl fmt::Display for SettingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the database may lose payments in a crash: {} is {}",
            self.name, self.value
        )
    }
}
