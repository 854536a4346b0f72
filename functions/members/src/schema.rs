//! What the documents say of a request, for OpenAPI. The parameters are read by their names, in whatever format they come.
#![expect(dead_code, reason = "schemas of inputs, which are read as a tree")]

use utoipa::ToSchema;

/// A new wholesale member.
#[derive(Debug, ToSchema)]
pub(crate) struct NewWholesaleMember {
    /// The partner's token; in the query where the body is XML.
    #[schema(example = "AzXimVQyVqgDtRiGd3EH")]
    authentication_token: Option<String>,
    user: WholesaleUser,
}

/// A new wholesale member's user block.
#[derive(Debug, ToSchema)]
pub(crate) struct WholesaleUser {
    /// Unique in the business.
    #[schema(example = "test@example.com", format = "email", max_length = 254)]
    email: String,
    /// 6 to 128 characters; made up if it is absent.
    #[schema(example = "pass1234", min_length = 6, max_length = 128)]
    password: Option<String>,
    #[schema(example = "Testfirst", min_length = 1, max_length = 255)]
    first_name: String,
    #[schema(example = "Testlast", min_length = 1, max_length = 255)]
    last_name: String,
    /// `active` (the default), `inactive` or `banned`.
    #[schema(example = "active")]
    status: Option<String>,
    /// Unique in the business, where there is one.
    #[schema(example = "Testusername")]
    username: Option<String>,
    /// `YYYY-MM-DD`.
    #[schema(example = "1970-07-25")]
    date_of_birth: Option<String>,
    /// `Male`, `Female` or `Prefer not to say`.
    #[schema(example = "Female")]
    gender: Option<String>,
    address_attributes: NewAddress,
}

/// A new member of a call center.
#[derive(Debug, ToSchema)]
pub(crate) struct NewCallCenterMember {
    /// The partner's token; in the query where the body is XML.
    #[schema(example = "AzXimVQyVqgDtRiGd3EH")]
    authentication_token: Option<String>,
    user: CallCenterUser,
}

/// A new call-center member's user block.
#[derive(Debug, ToSchema)]
pub(crate) struct CallCenterUser {
    /// Unique in the business.
    #[schema(example = "test@example.com", format = "email", max_length = 254)]
    email: String,
    #[schema(example = "Testfirst", min_length = 1, max_length = 255)]
    first_name: String,
    #[schema(example = "Testlast", min_length = 1, max_length = 255)]
    last_name: String,
    /// `active` (the default), `inactive` or `banned`.
    #[schema(example = "active")]
    status: Option<String>,
    /// The customer in the vault, whose card pays.
    #[schema(example = "btid123", min_length = 1, max_length = 255)]
    braintree_customer_id: String,
    /// Unique in the business, where there is one.
    #[schema(example = "Testusername")]
    username: Option<String>,
    /// `YYYY-MM-DD`.
    #[schema(example = "1970-07-25")]
    date_of_birth: Option<String>,
    /// `Male`, `Female` or `Prefer not to say`.
    #[schema(example = "Female")]
    gender: Option<String>,
    address_attributes: NewAddress,
}

/// The address block of a new member.
#[derive(Debug, ToSchema)]
pub(crate) struct NewAddress {
    /// Also `address_1`; likewise the others.
    #[schema(example = "123 e Main Street", min_length = 1, max_length = 255)]
    address1: String,
    address2: Option<String>,
    address3: Option<String>,
    #[schema(example = "billing")]
    address_type: Option<String>,
    #[schema(example = "Salt Lake City", min_length = 1, max_length = 255)]
    city: String,
    /// The US, which is the default.
    #[schema(example = "United States")]
    country: Option<String>,
    county: Option<String>,
    /// Ten digits, as the US writes them.
    #[schema(example = "8015554312", min_length = 1, max_length = 255)]
    phone: String,
    /// Two letters.
    #[schema(example = "UT", min_length = 1, max_length = 255)]
    state: String,
    #[schema(example = "84101", min_length = 1, max_length = 255)]
    zipcode: String,
}

/// Changes of a member.
#[derive(Debug, ToSchema)]
pub(crate) struct MemberChanges {
    /// The partner's token; in the query where the body is XML.
    #[schema(example = "AzXimVQyVqgDtRiGd3EH")]
    authentication_token: Option<String>,
    /// Whom to change; in the query where the body is XML.
    #[schema(example = "test@example.com", format = "email", max_length = 254)]
    email: Option<String>,
    user: ChangedUser,
}

/// What changes; anything else stays.
#[derive(Debug, ToSchema)]
pub(crate) struct ChangedUser {
    email: Option<String>,
    /// 7 to 128 characters; of wholesale members only.
    #[schema(example = "pass12345", min_length = 7, max_length = 128)]
    password: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// Of call-center members only.
    braintree_customer_id: Option<String>,
    username: Option<String>,
    /// `YYYY-MM-DD`.
    #[schema(example = "1970-07-25")]
    date_of_birth: Option<String>,
    /// `Male`, `Female` or `Prefer not to say`.
    #[schema(example = "Female")]
    gender: Option<String>,
    /// `active`, `inactive` or `banned`.
    #[schema(example = "inactive")]
    status: Option<String>,
    address_attributes: Option<ChangedAddress>,
}

/// The address block of a change.
#[derive(Debug, ToSchema)]
pub(crate) struct ChangedAddress {
    address1: Option<String>,
    address2: Option<String>,
    address3: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zipcode: Option<String>,
    country: Option<String>,
    #[schema(example = "8015555555")]
    phone: Option<String>,
}

/// Whom to find.
#[derive(Debug, ToSchema)]
pub(crate) struct WantedMember {
    /// The partner's token; in the query where the body is XML.
    #[schema(example = "AzXimVQyVqgDtRiGd3EH")]
    authentication_token: Option<String>,
    user: WantedUser,
}

/// The user block of a look-up.
#[derive(Debug, ToSchema)]
pub(crate) struct WantedUser {
    #[schema(example = "test@example.com", format = "email", max_length = 254)]
    email: String,
}
