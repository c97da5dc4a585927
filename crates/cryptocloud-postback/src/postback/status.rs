use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::code::{self, CodeError, OtherCode};

macro_rules! statuses {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$variant_doc])* $name,)*
            /// A status that this version does not know; compare it with `status == "name"`, which
            /// stays right if a later version adds a variant for it.
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

            /// Parses a status; an unknown one is kept.
            ///
            /// # Errors
            ///
            /// Returns an error if the string is empty, longer than 64 bytes, or holds a control
            /// character.
            pub fn parse(text: &str) -> Result<Self, CodeError> {
                Ok(match text {
                    $($text => Self::$name,)*
                    _ => Self::Other(OtherCode::parse(text)?),
                })
            }
        }

        impl FromStr for $type {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::parse(text)
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, text: &str) -> bool {
                self.as_str() == text
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, text: &&str) -> bool {
                self.as_str() == *text
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                code::deserialize(deserializer)
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
    /// `success` does not mean paid in full: a project can confirm partial payments automatically,
    /// an operator can confirm by hand, and an overpayment arrives as `success` too.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Status;
    ///
    /// assert_eq!(Status::parse("success")?, Status::Success);
    /// assert_eq!(Status::parse("refunded")?, "refunded");
    /// # Ok::<_, cryptocloud_postback::CodeError>(())
    /// ```
    Status {
        /// `success`
        Success = "success",
    }
}

statuses! {
    /// The status of an invoice, in `invoice_info.status`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::InvoiceStatus;
    ///
    /// assert_eq!("overpaid".parse(), Ok(InvoiceStatus::Overpaid));
    /// ```
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
    fn round_trip() -> Result<(), CodeError> {
        for text in ["success", "fail", "SUCCESS"] {
            let status = Status::parse(text)?;
            assert_eq!(status.to_string(), text);
            assert_eq!(status, text);
            let json = serde_json::Value::from(text);
            assert_eq!(serde_json::from_value(json).ok(), Some(status));
        }
        for text in ["created", "paid", "partial", "overpaid", "canceled", "new"] {
            assert_eq!(InvoiceStatus::parse(text)?.to_string(), text);
        }
        assert_eq!(Status::parse("success")?, Status::Success);
        assert_ne!(Status::parse("Success")?, Status::Success);
        assert_eq!(Status::parse(""), Err(CodeError::Empty));
        Ok(())
    }
}
