use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::code::{self, CodeError, OtherCode};

macro_rules! currencies {
    ($($name:ident = $code:literal,)*) => {
        /// A currency that the vendor accepts: a coin on a network.
        ///
        /// The variants are the forty codes of the vendor's page, in its order.
        /// The codes differ between versions of that page, so an unknown one is kept as
        /// [`Other`](Self::Other).
        ///
        /// # Matching a code without a variant
        ///
        /// Compare the currency with the code, `currency == "NEW_COIN"`, or match on
        /// [`as_str`](Self::as_str).
        /// Both stay right if a later version adds a variant for that code.
        /// A pattern on the content of `Other` would stop matching then without a warning, so it
        /// cannot be written: that content is opaque.
        ///
        /// # Examples
        ///
        /// ```
        /// use cryptocloud_postback::Currency;
        ///
        /// let currency: Currency = "USDT_TRC20".parse()?;
        /// assert_eq!(currency, Currency::UsdtTrc20);
        /// assert_eq!((currency.asset(), currency.network()), ("USDT", Some("TRC20")));
        ///
        /// let decimals = match Currency::parse("NEW_COIN")?.as_str() {
        ///     "USDT_TRC20" => 6,
        ///     "NEW_COIN" => 8,
        ///     _ => 18,
        /// };
        /// assert_eq!(decimals, 8);
        /// # Ok::<_, cryptocloud_postback::CodeError>(())
        /// ```
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Currency {
            $(#[doc = concat!("`", $code, "`")] $name,)*
            /// A code that has no variant in this version.
            Other(OtherCode),
        }

        impl Currency {
            /// Every code of the vendor's page.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as the vendor spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code.as_str(),
                }
            }

            /// Parses a code; an unknown one is kept.
            ///
            /// # Errors
            ///
            /// Returns an error if the code is empty, longer than 64 bytes, or holds a control
            /// character.
            pub fn parse(text: &str) -> Result<Self, CodeError> {
                Ok(match text {
                    $($code => Self::$name,)*
                    _ => Self::Other(OtherCode::parse(text)?),
                })
            }
        }
    };
}

currencies! {
    Btc = "BTC",
    Ltc = "LTC",
    Trx = "TRX",
    Sol = "SOL",
    Ton = "TON",
    Bnb = "BNB",
    Eth = "ETH",
    EthArb = "ETH_ARB",
    EthBase = "ETH_BASE",
    EthOpt = "ETH_OPT",
    UsdtArb = "USDT_ARB",
    UsdtBsc = "USDT_BSC",
    UsdtErc20 = "USDT_ERC20",
    UsdtOpt = "USDT_OPT",
    UsdtSol = "USDT_SOL",
    UsdtTon = "USDT_TON",
    UsdtTrc20 = "USDT_TRC20",
    UsdcArb = "USDC_ARB",
    UsdcBase = "USDC_BASE",
    UsdcBsc = "USDC_BSC",
    UsdcErc20 = "USDC_ERC20",
    UsdcOpt = "USDC_OPT",
    UsdcSol = "USDC_SOL",
    DaiArb = "DAI_ARB",
    DaiBase = "DAI_BASE",
    DaiBsc = "DAI_BSC",
    DaiErc20 = "DAI_ERC20",
    DaiOpt = "DAI_OPT",
    UsddTrc20 = "USDD_TRC20",
    PyusdErc20 = "PYUSD_ERC20",
    PyusdSol = "PYUSD_SOL",
    XautErc20 = "XAUT_ERC20",
    XautTon = "XAUT_TON",
    ArbArb = "ARB_ARB",
    OpOpt = "OP_OPT",
    PepeBsc = "PEPE_BSC",
    PepeErc20 = "PEPE_ERC20",
    ShibBsc = "SHIB_BSC",
    ShibErc20 = "SHIB_ERC20",
    TrumpSol = "TRUMP_SOL",
}

impl Currency {
    /// The coin, such as `USDT`.
    #[must_use]
    pub fn asset(&self) -> &str {
        self.split().0
    }

    /// The network as the code spells it, such as `TRC20`.
    ///
    /// `None` if the code is a coin alone: it is on its own network.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.split().1
    }

    fn split(&self) -> (&str, Option<&str>) {
        match self.as_str().rsplit_once('_') {
            Some((asset, network)) => (asset, Some(network)),
            None => (self.as_str(), None),
        }
    }
}

impl FromStr for Currency {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

impl PartialEq<str> for Currency {
    fn eq(&self, code: &str) -> bool {
        self.as_str() == code
    }
}

impl PartialEq<&str> for Currency {
    fn eq(&self, code: &&str) -> bool {
        self.as_str() == *code
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        code::deserialize(deserializer)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forty_round_trip() -> Result<(), CodeError> {
        assert_eq!(Currency::ALL.len(), 40);
        for currency in Currency::ALL {
            assert_eq!(&Currency::parse(currency.as_str())?, currency);
            assert_eq!(currency.to_string(), currency.as_str());
            let json = serde_json::Value::from(currency.as_str());
            assert_eq!(serde_json::from_value(json).ok().as_ref(), Some(currency));
            assert!(!matches!(currency, Currency::Other(_)));
        }
        Ok(())
    }

    #[test]
    fn asset_and_network() -> Result<(), CodeError> {
        #[track_caller]
        fn check(code: &str, asset: &str, network: Option<&str>) -> Result<(), CodeError> {
            let currency = Currency::parse(code)?;
            assert_eq!((currency.asset(), currency.network()), (asset, network));
            Ok(())
        }
        check("BTC", "BTC", None)?;
        check("ETH_BASE", "ETH", Some("BASE"))?;
        check("ARB_ARB", "ARB", Some("ARB"))?;
        check("NEW_COIN_NET", "NEW_COIN", Some("NET"))?;
        check("NEW", "NEW", None)
    }

    #[test]
    fn unknown_codes_are_kept() -> Result<(), CodeError> {
        let unknown = Currency::parse("usdt_trc20")?;
        assert_eq!(unknown.as_str(), "usdt_trc20");
        assert_eq!(unknown, "usdt_trc20");
        assert_ne!(unknown, Currency::UsdtTrc20);
        assert_eq!(Currency::UsdtTrc20, "USDT_TRC20");
        Ok(())
    }

    #[test]
    fn not_a_code() {
        for text in ["", "A\nB", "A\0", "A\u{fffd}", &"A".repeat(65)] {
            assert!(Currency::parse(text).is_err(), "{text:?}");
        }
    }
}
