use super::code::codes;

codes! {
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
    pub enum Currency {
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
