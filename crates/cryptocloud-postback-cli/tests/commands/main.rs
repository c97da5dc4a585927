//! `ccpostback` as a process.
#![forbid(unsafe_code)]

mod bodies;
mod endpoint;
mod errors;
mod forge;
mod forge_options;
mod forge_page;
mod forge_verdicts;
mod pipes;
mod program;
mod repeat;
mod scenarios;
mod send;
mod shops;
mod sign;
mod texts;
mod vectors;
mod verify;
