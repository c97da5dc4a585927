//! What ids, codes and statuses have in common.

/// Why a string is not an [`InvoiceId`](crate::InvoiceId), a [`Currency`](crate::Currency) or a
/// [`Status`](crate::Status).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("string {}", self.problem())]
#[non_exhaustive]
pub enum CodeError {
    /// The string holds a control character, or U+FFFD, which stands for bytes that are not UTF-8.
    ControlCharacter,
    /// The string is empty.
    Empty,
    /// The string is longer than its type allows.
    TooLong,
}

impl CodeError {
    /// What is wrong, to be read after the name of a field.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            Self::ControlCharacter => "holds a control or replacement character",
            Self::Empty => "is empty",
            Self::TooLong => "is too long",
        }
    }
}

/// A code or status that this version does not know: 1 to 64 bytes without control characters.
///
/// It is opaque, so that no code can depend on what is unknown today: a later version may know it.
/// Compare the [`Currency`](crate::Currency) or [`Status`](crate::Status) that holds it instead.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OtherCode(Box<str>);

impl OtherCode {
    pub(crate) fn parse(text: &str) -> Result<Self, CodeError> {
        check(text, MAX_BYTES)?;
        Ok(Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks that a string has 1 to `max` bytes, no control character and no U+FFFD.
///
/// PostgreSQL cannot hold NUL, and a line break in an id would forge a line in a log.
pub(crate) fn check(text: &str, max: usize) -> Result<(), CodeError> {
    if text.is_empty() {
        Err(CodeError::Empty)
    } else if text.len() > max {
        Err(CodeError::TooLong)
    } else if text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        Err(CodeError::ControlCharacter)
    } else {
        Ok(())
    }
}

/// Defines an enum of the codes that this version knows, and keeps any other.
macro_rules! codes {
    (
        $(#[$meta:meta])*
        pub enum $type:ident {
            $($(#[$doc:meta])* $name:ident = $code:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`", $code, "`")] $(#[$doc])* $name,)*
            /// A code that has no variant in this version.
            ///
            /// Compare the whole value with a string instead of matching on this: it stays right if
            /// a later version adds a variant for that code.
            Other($crate::OtherCode),
        }

        impl $type {
            /// Every code that has a variant.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as the vendor spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code.as_str(),
                }
            }

            /// Parses a code; an unknown one is kept.
            ///
            /// # Errors
            ///
            /// Returns an error if the code is empty, longer than 64 bytes, or holds a control
            /// character.
            pub fn parse(text: &str) -> Result<Self, $crate::CodeError> {
                Ok(match text {
                    $($code => Self::$name,)*
                    _ => Self::Other($crate::OtherCode::parse(text)?),
                })
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, code: &str) -> bool {
                self.as_str() == code
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, code: &&str) -> bool {
                self.as_str() == *code
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.as_str().fmt(f)
            }
        }

        $crate::postback::code::string!($type, $crate::CodeError);
    };
}
pub(crate) use codes;

/// Implements `FromStr` and serde for a type that is written as a string: a number in JSON or TOML
/// would have passed through a float.
macro_rules! string {
    ($type:ty, $error:ty) => {
        impl ::std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(::serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use string;

const MAX_BYTES: usize = 64;
