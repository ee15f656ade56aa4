//! Shared parts of screens, without data access.
