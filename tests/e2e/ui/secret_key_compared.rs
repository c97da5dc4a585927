//! A `SecretKey` cannot be compared.
use cryptocloud_postback::SecretKey;

fn compare(one: &SecretKey, other: &SecretKey) -> bool {
    one == other
}

fn main() {}
