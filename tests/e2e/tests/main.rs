//! Tests across crates: the same request through the core, both adapters and real servers.
#![forbid(unsafe_code)]

mod clients;
mod corpora;
mod examples;
mod forge;
mod kinds;
mod languages;
#[path = "../../../crates/cryptocloud-postback/tests/shared/log.rs"]
mod log;
mod monitoring;
mod openapi;
mod programs;
mod projects;
mod receivers;
mod schemathesis;
mod secrets;
mod servers;
mod skip;
mod traces;
mod ui;
mod vectors;
