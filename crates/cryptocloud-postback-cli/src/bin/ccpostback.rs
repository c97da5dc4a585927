//! The program; all of it is in the library.

fn main() -> std::process::ExitCode {
    cryptocloud_postback_cli::main()
}
