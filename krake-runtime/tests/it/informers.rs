//! Caches and watches.
