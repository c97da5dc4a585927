use redis::Script;

/// The scripts. Each runs as a whole on the server; the prelude describes the keys.
#[derive(Debug)]
pub(crate) struct Scripts {
    pub(crate) accept: Script,
    pub(crate) begin_reconciliation: Script,
    pub(crate) claim: Script,
    pub(crate) counts: Script,
    pub(crate) discard: Script,
    pub(crate) end_reconciliation: Script,
    pub(crate) fail: Script,
    pub(crate) find: Script,
    pub(crate) get: Script,
    pub(crate) history: Script,
    pub(crate) hold: Script,
    pub(crate) list: Script,
    pub(crate) list_settled: Script,
    pub(crate) oldest_unfinished: Script,
    pub(crate) postpone: Script,
    pub(crate) promote: Script,
    pub(crate) purge: Script,
    pub(crate) receive: Script,
    pub(crate) reconcile: Script,
    pub(crate) renew: Script,
    pub(crate) retry: Script,
    pub(crate) settle: Script,
}

macro_rules! script {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("../lua/prelude.lua"),
            include_str!(concat!("../lua/", $name, ".lua")),
            include_str!("../lua/epilogue.lua"),
        ))
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            accept: script!("accept"),
            begin_reconciliation: script!("begin_reconciliation"),
            claim: script!("claim"),
            counts: script!("counts"),
            discard: script!("discard"),
            end_reconciliation: script!("end_reconciliation"),
            fail: script!("fail"),
            find: script!("find"),
            get: script!("get"),
            history: script!("history"),
            hold: script!("hold"),
            list: script!("list"),
            list_settled: script!("list_settled"),
            oldest_unfinished: script!("oldest_unfinished"),
            postpone: script!("postpone"),
            promote: script!("promote"),
            purge: script!("purge"),
            receive: script!("receive"),
            reconcile: script!("reconcile"),
            renew: script!("renew"),
            retry: script!("retry"),
            settle: script!("settle"),
        }
    }
}
