#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod builder;
mod connection;
mod scripts;
mod store;

pub use builder::RedisStoreBuilder;
pub use redis;
pub use store::RedisStore;
