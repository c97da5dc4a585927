use std::fmt;

use redis::Script;

/// Each runs as a whole on the server, and compares before it sets.
pub(crate) struct Scripts {
    pub(crate) accept: Script,
    pub(crate) claim: Script,
    pub(crate) complete: Script,
    pub(crate) conflict: Script,
    pub(crate) discard: Script,
    pub(crate) purge: Script,
    pub(crate) release: Script,
    pub(crate) renew: Script,
}

macro_rules! with_prelude {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("../lua/prelude.lua"),
            include_str!(concat!("../lua/", $name, ".lua"))
        ))
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            accept: with_prelude!("accept"),
            claim: with_prelude!("claim"),
            complete: with_prelude!("complete"),
            conflict: with_prelude!("conflict"),
            discard: with_prelude!("discard"),
            purge: Script::new(include_str!("../lua/purge.lua")),
            release: with_prelude!("release"),
            renew: with_prelude!("renew"),
        }
    }
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripts")
    }
}
