//! What a person can do about a postback that was refused.

use cryptocloud_postback::{Error, ErrorKind, UnixTime};

use super::{claims::UnverifiedClaims, duration::Seconds};

/// A sentence or a question; it may quote the sender.
pub(crate) fn hint(
    error: &Error,
    content_type: Option<&[u8]>,
    body: &[u8],
    now: UnixTime,
) -> String {
    let peek = || UnverifiedClaims::at(content_type, body);
    match error.kind() {
        ErrorKind::InvoiceMismatch => mismatch(peek().id),
        ErrorKind::TokenExpired => expired(peek().expires_at, now),
        ErrorKind::TokenLifetime => long_lived(peek().expires_at, now),
        kind => plain(kind).to_owned(),
    }
}

fn mismatch(id: Option<String>) -> String {
    let of = match id {
        Some(id) => format!("the token is of invoice {id:?}"),
        None => "the token names no invoice".to_owned(),
    };
    format!("{of}: somebody may have taken the token of one payment to confirm another")
}

fn expired(expires_at: Option<UnixTime>, now: UnixTime) -> String {
    let ago = match expires_at {
        Some(time) => {
            let seconds = now.as_secs().saturating_sub(time.as_secs());
            format!("expired {} ago", Seconds(seconds))
        }
        None => "expired".to_owned(),
    };
    format!("{ago}: is this machine's clock right, or is it a replay?")
}

fn long_lived(expires_at: Option<UnixTime>, now: UnixTime) -> String {
    let ahead = match expires_at {
        Some(time) => {
            let seconds = time.as_secs().saturating_sub(now.as_secs());
            format!("expires in {}", Seconds(seconds))
        }
        None => "expires too far ahead".to_owned(),
    };
    format!("{ahead}, and the vendor gives five minutes: is this machine's clock behind?")
}

fn plain(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::BodyTooLarge => {
            "the vendor sends about 2 KiB: this is no postback, or something was added on the way"
        }
        ErrorKind::BodyUnreadable => "the connection broke: the sender has to send it again",
        ErrorKind::ClockBeforeEpoch => "set this machine's clock",
        ErrorKind::ContentEncoding => {
            "the vendor never compresses: look for a proxy that does, or a sender that is not the vendor"
        }
        ErrorKind::DuplicateField => {
            "the vendor sends each field once: two values are a way to show one to a check and the other to the shop"
        }
        ErrorKind::InvalidField => {
            "compare this field with the vendor's page: the sender is not the vendor, or the vendor changed it"
        }
        ErrorKind::InvalidForm | ErrorKind::InvalidJson => {
            "was the body cut, quoted or converted on its way, or saved with a byte order mark?"
        }
        ErrorKind::MediaType => {
            "choose JSON or application/x-www-form-urlencoded in the project's settings, and pass the Content-Type on as it came"
        }
        ErrorKind::MethodNotAllowed => {
            "was it redirected? A POST that follows a redirect becomes a GET, and loses its body"
        }
        ErrorKind::MissingField | ErrorKind::MissingId => {
            "compare the fields with the vendor's page; an order_id is there only if the invoice was made with one"
        }
        ErrorKind::StatusRefused => {
            "the vendor documents only success: if yours sends others, accept any status and look at it in the handler"
        }
        ErrorKind::TestModeRefused => "the payment is a test, and tests are refused as you asked",
        ErrorKind::TokenAlgorithm | ErrorKind::TokenHeader => {
            "the vendor signs with plain HS256: this token was not made by the vendor"
        }
        ErrorKind::TokenClaims => {
            "the vendor's token holds the invoice as id and whole seconds as exp: this one was made by somebody else with your secret"
        }
        ErrorKind::TokenMalformed => {
            "a token is three parts with dots between, unquoted and without Bearer: was it cut or changed when it was copied?"
        }
        ErrorKind::TokenMissing => "the vendor always sends a token: this postback is forged",
        ErrorKind::TokenNotYetValid => "is this machine's clock behind?",
        ErrorKind::TokenSignature => {
            "signed with another secret: is CRYPTOCLOUD_SECRET_KEY the SECRET KEY of this project, not its API KEY?"
        }
        ErrorKind::VerifierMissing => "put a verifier into the app's data",
        // A kind that came after this was written.
        _ => "look at the cause",
    }
}
