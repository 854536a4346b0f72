//! The functions of the product, wired to the local cloud.

use crate::cloud::Aws;
use crate::invoke::Functions;

/// Every function of the template behind its event. None is wired yet.
pub fn wire(aws: &Aws) -> Functions {
    Functions::new(aws.template(), [])
}
