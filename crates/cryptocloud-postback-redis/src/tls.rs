use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// Makes AWS-LC the process's provider for TLS, unless the program has chosen one.
///
/// The `redis` crate takes the process's provider, and rustls panics if none was chosen while the
/// build has two of them.
pub(crate) fn choose_provider() {
    if CryptoProvider::get_default().is_none() {
        // If it fails, another thread was first.
        let _ = aws_lc_rs::default_provider().install_default();
    }
}
