//! A `SecretKey` cannot be printed.
use cryptocloud_postback::SecretKey;

fn print(key: &SecretKey) {
    println!("{key}");
}

fn main() {}
