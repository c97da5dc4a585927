/// Defines an enum that lists its variants in `ALL`, each with the text that `Display` prints.
macro_rules! listed {
    (
        $(#[$meta:meta])*
        pub enum $type:ident ($all:literal) {
            $($(#[$doc:meta])* $name:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        pub enum $type {
            $($(#[$doc])* $name,)*
        }

        impl $type {
            #[doc = $all]
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}
pub(crate) use listed;
