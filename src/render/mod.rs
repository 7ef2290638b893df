//! Values to text, for people and for machines.
