use std::fmt;

use serde::{Serialize, Serializer};

use super::currency::OtherCode;
use crate::error::Cause;

macro_rules! statuses {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$variant_doc])* $name,)*
            /// A status that this version does not know.
            Other(OtherCode),
        }

        impl $type {
            /// The status as the vendor spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(code) => code.as_str(),
                }
            }

            pub(crate) fn parse_field(name: &'static str, text: &str) -> Result<Self, Cause> {
                Ok(match text {
                    $($text => Self::$name,)*
                    _ => Self::Other(OtherCode::parse_field(name, text)?),
                })
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.as_str().fmt(f)
            }
        }
    };
}

statuses! {
    /// The status of a postback, and of `invoice_info.invoice_status`.
    ///
    /// `success` does not mean paid in full: a project can confirm partial payments by itself, a
    /// person can confirm by hand, and an overpayment arrives as `success` too.
    Status {
        /// `success`
        Success = "success",
    }
}

statuses! {
    /// The status of an invoice, in `invoice_info.status`.
    InvoiceStatus {
        /// `created`
        Created = "created",
        /// `paid`
        Paid = "paid",
        /// `partial`: less than the invoice asked for.
        Partial = "partial",
        /// `overpaid`: more than the invoice asked for.
        Overpaid = "overpaid",
        /// `canceled`
        Canceled = "canceled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() -> Result<(), Cause> {
        for text in ["success", "fail", "SUCCESS"] {
            assert_eq!(Status::parse_field("status", text)?.to_string(), text);
        }
        for text in ["created", "paid", "partial", "overpaid", "canceled", "new"] {
            assert_eq!(
                InvoiceStatus::parse_field("status", text)?.to_string(),
                text
            );
        }
        assert_eq!(Status::parse_field("status", "success")?, Status::Success);
        assert!(Status::parse_field("status", "").is_err());
        Ok(())
    }
}
