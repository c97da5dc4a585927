use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::{Error, ErrorKind, body::text, error::Cause};

macro_rules! currencies {
    ($($name:ident = $code:literal,)*) => {
        /// A currency of the vendor's, as a coin on a network.
        ///
        /// The variants are the forty codes of the vendor's page, in its order.
        /// The codes differ between versions of that page, so one that is not among them is kept.
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Currency {
            $(#[doc = concat!("`", $code, "`")] $name,)*
            /// A code that the vendor's page did not list.
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

            pub(crate) fn parse_field(name: &'static str, text: &str) -> Result<Self, Cause> {
                Ok(match text {
                    $($code => Self::$name,)*
                    _ => Self::Other(OtherCode::parse_field(name, text)?),
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
    /// Reads a code.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidField`] for what is no code: empty, over 64 bytes, or with control
    /// characters.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Currency;
    ///
    /// let currency = Currency::parse("USDT_TRC20")?;
    /// assert_eq!(currency, Currency::UsdtTrc20);
    /// assert_eq!((currency.asset(), currency.network()), ("USDT", Some("TRC20")));
    /// # Ok::<_, cryptocloud_postback::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_field("currency", text)
            .map_err(|cause| Error::new(ErrorKind::InvalidField, cause))
    }

    /// The coin, such as `USDT`.
    #[must_use]
    pub fn asset(&self) -> &str {
        self.split().0
    }

    /// The network as the code spells it, such as `TRC20`.
    ///
    /// None where the code is a coin alone: it is on its own network.
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
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// A code or status that this version does not know: 1 to 64 bytes without control characters.
///
/// Only parsing makes one, so that a known code never hides in here.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OtherCode(Box<str>);

impl OtherCode {
    /// The code as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse_field(name: &'static str, text: &str) -> Result<Self, Cause> {
        text::check_short(name, text, MAX_BYTES)?;
        Ok(Self(text.into()))
    }
}

const MAX_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forty_round_trip() -> Result<(), Error> {
        assert_eq!(Currency::ALL.len(), 40);
        for currency in Currency::ALL {
            assert_eq!(&Currency::parse(currency.as_str())?, currency);
            assert_eq!(currency.to_string(), currency.as_str());
            assert!(!matches!(currency, Currency::Other(_)));
        }
        Ok(())
    }

    #[test]
    fn asset_and_network() -> Result<(), Error> {
        #[track_caller]
        fn check(code: &str, asset: &str, network: Option<&str>) -> Result<(), Error> {
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
    fn unknown_codes_are_kept_and_rubbish_is_refused() -> Result<(), Error> {
        assert_eq!(Currency::parse("usdt_trc20")?.as_str(), "usdt_trc20");
        for text in ["", "A\nB", "A\0", "A\u{fffd}", &"A".repeat(65)] {
            assert!(Currency::parse(text).is_err(), "{text:?}");
        }
        Ok(())
    }
}
