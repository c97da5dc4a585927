use std::{error, fmt, str::FromStr, time::Duration};

/// How a receiver is started.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the tests make it, and nobody else"
)]
pub struct Options {
    /// Who serves.
    pub framework: Framework,
    /// How long a claim is held without a sign of life.
    pub lease: Duration,
    /// Where effects go: `sqlite:PATH` or `postgres://…`; in mode `transaction` the same as the store.
    pub ledger: String,
    /// Whether it makes the store's table, and so needs the store at its start.
    pub migrates: bool,
    /// How claim and effect belong together.
    pub mode: Mode,
    /// What it signs its effects with.
    pub name: String,
    /// Where claims go: `memory:`, `sqlite:PATH`, `postgres://…` or `redis://…`.
    pub store: String,
    /// How long it waits for the store.
    pub timeout: Duration,
}

impl Options {
    /// With a lease that nothing here outlives.
    #[must_use]
    pub fn new(framework: Framework, mode: Mode, store: &str, ledger: &str) -> Self {
        Self {
            framework,
            lease: Duration::from_secs(120),
            ledger: ledger.to_owned(),
            migrates: true,
            mode,
            name: framework.to_string(),
            store: store.to_owned(),
            timeout: Duration::from_secs(30),
        }
    }

    /// For the command line.
    #[must_use]
    pub fn arguments(&self) -> [String; 8] {
        [
            self.framework.to_string(),
            self.mode.to_string(),
            self.store.clone(),
            self.ledger.clone(),
            self.name.clone(),
            self.lease.as_millis().to_string(),
            self.timeout.as_millis().to_string(),
            self.migrates.to_string(),
        ]
    }

    /// From the command line.
    ///
    /// # Errors
    ///
    /// For arguments that [`arguments`](Self::arguments) does not make.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, OptionsError> {
        let arguments: Vec<String> = arguments.collect();
        let [
            framework,
            mode,
            store,
            ledger,
            name,
            lease,
            timeout,
            migrates,
        ] = &arguments[..]
        else {
            return Err(OptionsError(()));
        };
        Ok(Self {
            framework: framework.parse()?,
            lease: millis(lease)?,
            ledger: ledger.clone(),
            migrates: migrates.parse().map_err(|_| OptionsError(()))?,
            mode: mode.parse()?,
            name: name.clone(),
            store: store.clone(),
            timeout: millis(timeout)?,
        })
    }
}

fn millis(text: &str) -> Result<Duration, OptionsError> {
    let millis = text.parse().map_err(|_| OptionsError(()))?;
    Ok(Duration::from_millis(millis))
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = OptionsError;

            fn from_str(text: &str) -> Result<Self, OptionsError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(OptionsError(())),
                }
            }
        }
    };
}

words! {
    /// Who serves.
    Framework {
        /// actix-web.
        Actix = "actix",
        /// axum.
        Axum = "axum",
    }
}

words! {
    /// How claim and effect belong together.
    Mode {
        /// `postback_route`: claim, effect and completion are three commits.
        Lease = "lease",
        /// `claim_in`: claim and effect are one commit.
        Transaction = "transaction",
    }
}

/// The arguments are not those of a receiver.
#[derive(Debug)]
pub struct OptionsError(());

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments: FRAMEWORK MODE STORE LEDGER NAME LEASE TIMEOUT MIGRATES")
    }
}

impl error::Error for OptionsError {}
