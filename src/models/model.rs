//! The macros that write models and open enums, so that every field follows the same rules.

/// A received struct: `pub field: Type,` or, where the JSON key is another, `pub field: Type = "key",`.
///
/// Behind it, `text = |text| …;` says what a text in place of the object means. Each type needs
/// [`Field`](super::de::Field). The struct is `Clone`, `Default`, `PartialEq`, `Serialize`, `Deserialize`,
/// non-exhaustive, and `Debug` without its absent fields.
macro_rules! model {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($body:tt)* }
        $(text = $from_text:expr;)?
    ) => {
        $crate::models::model::fields! {
            $(#[$meta])*
            pub struct $name { $($body)* }
        }
        $crate::models::model::object!($name $(, text = $from_text)?);
        $crate::models::model::debug! { $name { $($body)* } }
    };
}

/// The struct and its members; reading as a whole, writing and `Debug` are left to the caller.
macro_rules! fields {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(= $key:literal)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        const _: () = {
            impl $crate::models::de::Members for $name {
                fn member(&mut self, key: &str) -> Option<&mut dyn $crate::models::de::Place> {
                    match key {
                        $($crate::models::model::key!($field $(= $key)?) => Some(&mut self.$field),)*
                        _ => None,
                    }
                }
            }

            impl $name {
                fn has_no_member(&self) -> bool {
                    use $crate::models::de::Field as _;
                    $(self.$field.is_absent())&&*
                }

                fn write_members<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                    use serde::ser::SerializeMap as _;
                    use $crate::models::de::{Field as _, Written};
                    let mut map = out.serialize_map(None)?;
                    $(
                        if !self.$field.is_absent() {
                            map.serialize_entry(
                                $crate::models::model::key!($field $(= $key)?),
                                &Written::slot(&self.$field),
                            )?;
                        }
                    )*
                    map.end()
                }
            }
        };
    };
}

/// Reading and writing as a plain object.
macro_rules! object {
    ($name:ident $(, text = $from_text:expr)?) => {
        impl $crate::models::de::Wire for $name {
            const EXPECTING: &'static str = "an object or null";

            fn from_scalar(
                scalar: $crate::models::de::Scalar<'_>,
            ) -> Result<Option<Self>, $crate::models::de::Misfit> {
                use $crate::models::de::{Misfit, Scalar};
                match scalar {
                    Scalar::Null | Scalar::Text("") => Ok(None),
                    $(
                        Scalar::Text(text) => {
                            let from_text: fn(&str) -> Self = $from_text;
                            Ok(Some(from_text(text)).filter(|model| !model.has_no_member()))
                        }
                    )?
                    _ => Err(Misfit),
                }
            }

            fn empty() -> Option<Self> {
                Some(Self::default())
            }

            fn members(&mut self) -> Option<&mut dyn $crate::models::de::Members> {
                Some(self)
            }

            fn write<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                self.write_members(out)
            }

            fn is_unset(&self) -> bool {
                self.has_no_member()
            }
        }

        $crate::models::model::serde_root!($name);
    };
}

/// `Serialize` and `Deserialize` by way of [`Wire`](super::de::Wire).
macro_rules! serde_root {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                $crate::models::de::Wire::write(self, out)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                $crate::models::de::read_root(input)
            }
        }
    };
}

/// `Debug` that leaves out what is absent, which is most of a reference.
macro_rules! debug {
    (
        $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(= $key:literal)?,)*
        }
    ) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $crate::models::de::Field as _;
                let mut out = f.debug_struct(stringify!($name));
                $(
                    if !self.$field.is_absent() {
                        out.field(stringify!($field), &self.$field);
                    }
                )*
                out.finish_non_exhaustive()
            }
        }
    };
}

/// The JSON key of a field, as a pattern or an expression.
macro_rules! key {
    ($field:ident = $key:literal) => {
        $key
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// A vocabulary of the platform: `Variant = "text"`, or `"text" | "other spelling"`, and always `Unknown`.
///
/// With `any case` before the brace the letter case does not matter in reading.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident $(($any:ident case))? {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal $(| $other:literal)*,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A value this version does not know, as it came; empty if there was none.
            Unknown(String),
        }

        impl $name {
            /// The text on the wire; empty if the field was missing.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }

            /// Whether the field was missing, null or empty.
            pub fn is_unset(&self) -> bool {
                matches!(self, Self::Unknown(text) if text.is_empty())
            }

            fn known(text: &str) -> Option<Self> {
                const ANY_CASE: bool = !str::is_empty(concat!($(stringify!($any))?));
                match text {
                    $($text $(| $other)* => Some(Self::$variant),)+
                    $(
                        _ if ANY_CASE
                            && (text.eq_ignore_ascii_case($text) $(|| text.eq_ignore_ascii_case($other))*) =>
                        {
                            Some(Self::$variant)
                        }
                    )+
                    _ => None,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::models::de::Wire for $name {
            const EXPECTING: &'static str = concat!("a text (", stringify!($name), ") or null");

            fn from_scalar(
                scalar: $crate::models::de::Scalar<'_>,
            ) -> Result<Option<Self>, $crate::models::de::Misfit> {
                use $crate::models::de::Scalar;
                Ok(match scalar {
                    Scalar::Text(text) => Some(Self::from(text)),
                    Scalar::Int(number) => Some(Self::from(number.to_string().as_str())),
                    Scalar::Float(number) => Some(Self::from(number.to_string().as_str())),
                    Scalar::Null | Scalar::Bool(_) => None,
                })
            }

            fn write<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.as_str())
            }

            fn is_unset(&self) -> bool {
                self.is_unset()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                Ok($crate::models::de::read(input)?.unwrap_or_default())
            }
        }
    };
}

pub(super) use {debug, fields, key, model, object, open_enum, serde_root};
