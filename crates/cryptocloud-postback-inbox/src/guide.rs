//! Pages on how to use and operate an inbox.

#[doc = include_str!("../docs/choose.md")]
pub mod choose {}

#[doc = include_str!("../docs/compare.md")]
pub mod compare {}

#[doc = include_str!("../docs/operate.md")]
pub mod operate {}

#[doc = include_str!("../docs/test.md")]
pub mod test {}
