//! The macros that define models and open enums, so that every field follows the same rules.
//!
//! [`de`](super::de) says why models are read by hand-written code and not by derives. Rustfmt does not see
//! inside these macros; the test `macro_bodies_are_formatted` checks their layout.

/// Defines a received struct: `pub field: Type,`, or `pub field: Type = "key",` if the JSON key differs.
///
/// The type of each field implements [`Field`](super::de::Field). The struct is non-exhaustive and implements
/// `Clone`, `Default`, `PartialEq`, `Serialize`, `Deserialize`, and a `Debug` that leaves out absent fields.
macro_rules! model {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($body:tt)* }
    ) => {
        $crate::models::model::fields! {
            $(#[$meta])*
            pub struct $name { $($body)* }
        }
        $crate::models::model::object!($name);
        $crate::models::model::debug! { $name { $($body)* } }
    };
}

/// Defines the struct and the access to its members. The caller adds `Wire`, serde's traits and `Debug`.
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
            impl $crate::models::de::ObjectSlot for $name {
                fn member(&mut self, key: &str) -> Option<&mut dyn $crate::models::de::Slot> {
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
                    use $crate::models::de::{Field as _, AsSerialize};
                    let mut map = out.serialize_map(None)?;
                    $(
                        if !self.$field.is_absent() {
                            map.serialize_entry(
                                $crate::models::model::key!($field $(= $key)?),
                                &AsSerialize(&self.$field),
                            )?;
                        }
                    )*
                    map.end()
                }
            }
        };
    };
}

/// Implements reading and writing as a plain object.
macro_rules! object {
    ($name:ident) => {
        impl $crate::models::de::Wire for $name {
            const EXPECTING: &'static str = "an object, its id, or null";

            fn from_scalar(
                scalar: $crate::models::de::Scalar<'_>,
            ) -> Result<Option<Self>, $crate::models::de::WrongType> {
                let mut model = Self::default();
                $crate::models::de::refer(&mut model, scalar)?;
                Ok(Some(model).filter(|model| !model.has_no_member()))
            }

            /// Any other text says nothing of the elements of a list.
            fn is_alone(text: &str) -> bool {
                text.is_empty() || $crate::models::de::is_id(text)
            }

            fn empty() -> Option<Self> {
                Some(Self::default())
            }

            fn object_slot(&mut self) -> Option<&mut dyn $crate::models::de::ObjectSlot> {
                Some(self)
            }

            fn write<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                self.write_members(out)
            }

            fn is_unset(&self) -> bool {
                self.has_no_member()
            }
        }

        $crate::models::model::serde_impls!($name, read_root);
    };
}

/// Implements `Serialize` and `Deserialize` through [`Wire`](super::de::Wire); `$read` is a function of [`de`](super::de).
macro_rules! serde_impls {
    ($name:ident, $read:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                $crate::models::de::Wire::write(self, out)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                $crate::models::de::$read(input)
            }
        }
    };
}

/// Implements a `Debug` that leaves out absent fields; a reference has little more than id and name.
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

/// Gives the JSON key of a field, as a pattern or an expression.
macro_rules! key {
    ($field:ident = $key:literal) => {
        $key
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// Defines an open enum of the platform: `Variant = "text"`, or `"text" | "other spelling"`, plus `Unknown`.
///
/// `(any case)` before the brace makes reading ignore the letter case.
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
            /// A value that this version of the SDK does not know, as received; empty if the field is absent.
            Unknown(String),
        }

        impl $name {
            /// The text in the JSON; empty if the field is absent.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }

            /// Whether the field is missing, null or empty.
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

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                match value {
                    $name::Unknown(text) => text,
                    value => value.as_str().to_owned(),
                }
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
            ) -> Result<Option<Self>, $crate::models::de::WrongType> {
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

        $crate::models::model::serde_impls!($name, read_value);
    };
}

pub(super) use {debug, fields, key, model, object, open_enum, serde_impls};
