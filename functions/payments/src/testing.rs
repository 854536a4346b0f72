//! What the tests of several operations need.
