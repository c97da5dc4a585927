use std::{error, fmt, str::FromStr, time::Duration};

/// The command line of a receiver.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "only the tests build it")]
pub struct Options {
    /// The framework that serves.
    pub framework: Framework,
    /// How long a claim lasts without renewal.
    pub lease: Duration,
    /// The ledger: `sqlite:PATH` or `postgres://…`. In mode `transaction` the same as the store.
    pub ledger: String,
    /// Whether it creates the table of the store, which then has to be up at the start.
    pub migrates: bool,
    /// How the claim and the effect are committed.
    pub mode: Mode,
    /// The name that it writes beside its effects.
    pub name: String,
    /// The store: `memory:`, `sqlite:PATH`, `postgres://…` or `redis://…`.
    pub store: String,
    /// The limit for each call of the store.
    pub timeout: Duration,
}

impl Options {
    /// Options with a lease that no test outlives.
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

    /// The arguments of the command line.
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

    /// Parses the command line.
    ///
    /// # Errors
    ///
    /// Returns an error for anything that [`arguments`](Self::arguments) does not return.
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
    /// The framework that serves.
    Framework {
        /// actix-web.
        Actix = "actix",
        /// axum.
        Axum = "axum",
    }
}

words! {
    /// How the claim and the effect are committed.
    Mode {
        /// `postback_route`: claim, effect and completion are three commits.
        Lease = "lease",
        /// `claim_in`: claim and effect are one commit.
        Transaction = "transaction",
    }
}

/// The arguments are not valid for a receiver.
#[derive(Debug)]
pub struct OptionsError(());

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("usage: receiver FRAMEWORK MODE STORE LEDGER NAME LEASE TIMEOUT MIGRATES")
    }
}

impl error::Error for OptionsError {}
