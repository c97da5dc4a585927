use cryptocloud_postback::{ErrorKind, Format};
use serde::{Serialize, Serializer};

use super::forger::Forger;
use crate::{
    body,
    client::{Body, Request},
};

/// An attack on an endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    #[serde(rename = "class", serialize_with = "class")]
    pub(super) finding: Finding,
    /// How our adapters refuse it; `None` if the token is genuine, and the effect is what counts.
    #[serde(serialize_with = "status")]
    pub(super) expected: Option<ErrorKind>,
    /// What is sent, short enough for one line of a terminal.
    pub(super) description: &'static str,
    #[serde(skip)]
    pub(super) plan: fn(&Forger) -> Plan,
}

/// The requests of an attack.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    AtOnce(Vec<Request>),
    One(Request),
    /// The second one after the response to the first.
    Two(Request, Request),
}

impl Plan {
    /// The order that its first body names, if that is readable.
    pub(super) fn order_id(&self, format: Format) -> Option<String> {
        let request = match self {
            Self::AtOnce(requests) => requests.first()?,
            Self::One(request) | Self::Two(request, _) => request,
        };
        match &request.body {
            Body::Whole(body) => body::field(format, body, "order_id"),
            Body::Chunked(..) => None,
        }
    }
}

impl From<Request> for Plan {
    fn from(request: Request) -> Self {
        Self::One(request)
    }
}

/// A table: a finding, its class, and what it means to the merchant.
macro_rules! findings {
    ($($name:ident $class:ident $conclusion:literal;)*) => {
        /// What an endpoint does wrong, in the order in which it is printed.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub(super) enum Finding {
            $($name,)*
        }

        impl Finding {
            pub(super) fn class(self) -> Class {
                match self {
                    $(Self::$name => Class::$class,)*
                }
            }

            pub(super) fn conclusion(self) -> &'static str {
                match self {
                    $(Self::$name => $conclusion,)*
                }
            }
        }
    };
}

findings! {
    NoToken Bypass "Anyone can confirm any invoice: a postback without a token is accepted.";
    Form Bypass "Anyone can confirm any invoice: a form needs no valid token.";
    Signature Bypass "Anyone can confirm any invoice: the signature of the token is not verified.";
    GuessedSecret Bypass
        "Anyone can confirm any invoice: the secret is super-secret, as in the vendor's samples, or empty.";
    AlgNone Bypass "Anyone can confirm any invoice: a token with alg none is accepted.";
    OwnKey Bypass "Anyone can confirm any invoice: the token's header chooses the key.";
    OtherInvoice Bypass
        "A customer who has paid one invoice can confirm another: the token's invoice is not compared.";
    Expiry Weakness
        "A captured postback can be sent again at any time: the expiry is not checked.";
    NoExpiry Weakness "A token without an expiry is accepted: once captured, it is valid forever.";
    Unbound Weakness "A token that names no invoice is accepted for any.";
    Operators Weakness
        "An invoice_id that is not a string is accepted: as a query operator, it can match another invoice.";
    Reported Weakness
        "Fields that the token does not sign are believed: compare the order, the amount, the currency and the status with your own record.";
    Repeated Weakness "A payment that arrives twice is credited twice.";
    Malformed Strictness
        "Malformed postbacks are accepted. None of them forges a payment without the secret.";
    Genuine Strictness
        "Genuine postbacks are refused: payment links send no order_id, and a project sends either JSON or forms (--format).";
}

/// How bad that is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Class {
    /// A payment can be confirmed without the secret, or for another invoice.
    Bypass,
    /// An attacker needs something else too, such as a captured token.
    Weakness,
    /// Malformed, but no payment can be forged with it.
    Strictness,
}

impl Class {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Weakness => "weakness",
            Self::Strictness => "strictness",
        }
    }
}

fn class<S: Serializer>(finding: &Finding, serializer: S) -> Result<S::Ok, S::Error> {
    finding.class().name().serialize(serializer)
}

/// The status that our adapters respond with.
fn status<S: Serializer>(expected: &Option<ErrorKind>, serializer: S) -> Result<S::Ok, S::Error> {
    expected
        .map(|kind| kind.response().status())
        .serialize(serializer)
}
