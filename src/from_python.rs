//! Coming from the Python SDK: every name of its version 18, and where it is now.
//!
//! The Python `connect-sdk` has one class per kind of request to inherit from, and answers that are raised as
//! exceptions. Here there is one [`Connect`](crate::Connect), and a closure that returns its answer:
//!
//! ```no_run
//! use connect::{Action, Approval, Connect, models::ParamUpdate};
//!
//! # fn main() -> connect::Result<()> {
//! // class Fulfillment(FulfillmentAutomation):        Fulfillment(Config(file='config.json')).process()
//! //     def process_request(self, request):
//! let report = Connect::from_file("config.json")?.process_fulfillments(|request| {
//!     if request.new_items().count() == 0 {
//!         // raise FailRequest('…')
//!         return Err(Action::fail("Nothing is ordered"));
//!     }
//!     if !request.param("email").is_some_and(|email| email.has_value()) {
//!         // param.value_error = '…'; raise InquireRequest('…', params=[param])
//!         let error = ParamUpdate::error("email", "Email address has not been provided, please provide one");
//!         return Err(Action::inquire([error]).with_message("We need your address"));
//!     }
//!     // self.update_parameters(request.id, [param]); return ActivationTemplateResponse('TL-497-535-242')
//!     Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("purchase_id", "P-1")]))
//! })?;
//! report.print();
//! # Ok(()) }
//! ```
//!
//! What is different in more than its name:
//!
//! - An exception that is no answer left its request as it was, as a warning of the log, and the run ended as if all had
//!   gone well. An error returned with `?` leaves the request as it is, too; it is in the report, and the exit code is 1.
//! - A list used to end after 1000 elements. A loop handles all that waits, a list is read page by page to its end.
//! - The calls are those of today's platform, also where version 18 sent others: filters in RQL, `POST
//!   /usage/files/…/submit` without a body, parameters updated by their values only.
//! - The reason of a failed request is no message of its conversation any more: the platform shows it there. A skip
//!   without a text says nothing there.
//! - Models are plain data. What needs a call is a method of a handle, such as
//!   `connect.fulfillment().conversation(&request.id)`.
//!
//! # Settings
//!
//! | Python | here | |
//! |---|---|---|
//! | `Config`, `connect.config` | [`Config`](crate::Config) | |
//! | `Config(file=…)` | [`Config::from_file`](crate::Config::from_file) | and [`Connect::from_file`](crate::Connect::from_file) in one step |
//! | `Config(api_url=…, api_key=…, products=…)` | [`Config::new`](crate::Config::new), [`Config::products`](crate::Config::products) | |
//! | `Config.get_instance` | [`Connect::from_file`](crate::Connect::from_file) | there is no global configuration: pass the [`Connect`](crate::Connect) around |
//! | `Config.api_url` | [`Config::endpoint`](crate::Config::endpoint) | |
//! | `Config.api_key` | | not given out again, so that it cannot be printed |
//! | `Config.products` | [`Config::product_ids`](crate::Config::product_ids) | |
//! | `apiEndpoint`, `apiKey`, `products` | the same keys of the file | further ones: [`Config`](crate::Config) |
//! | `config=None` of any constructor or method | | everything is reached from a [`Connect`](crate::Connect) |
//!
//! # The loops
//!
//! | Python | here | |
//! |---|---|---|
//! | `FulfillmentAutomation` | [`Fulfillment`](crate::fulfillment::Fulfillment) | |
//! | `TierConfigAutomation` | [`TierConfigs`](crate::tier_config::TierConfigs) | |
//! | `UsageAutomation` | [`Usage`](crate::usage::Usage), for listings | |
//! | `UsageFileAutomation` | [`Usage`](crate::usage::Usage), for files | |
//! | `AutomationEngine`, `BaseResource` | | the one loop behind all four has no type of its own |
//! | `FulfillmentAutomation.process` | [`Connect::process_fulfillments`](crate::Connect::process_fulfillments) | with options: [`Fulfillment::process_with`](crate::fulfillment::Fulfillment::process_with) |
//! | `TierConfigAutomation.process` | [`Connect::process_tier_configs`](crate::Connect::process_tier_configs) | with options: [`TierConfigs::process_with`](crate::tier_config::TierConfigs::process_with) |
//! | `UsageAutomation.process` | [`Connect::process_usage_listings`](crate::Connect::process_usage_listings) | with options: [`Usage::process_listings_with`](crate::usage::Usage::process_listings_with) |
//! | `UsageFileAutomation.process` | [`Connect::process_usage_files`](crate::Connect::process_usage_files) | with options: [`Usage::process_files_with`](crate::usage::Usage::process_files_with) |
//! | `FulfillmentAutomation.process_request`, `TierConfigAutomation.process_request`, `UsageAutomation.process_request`, `UsageFileAutomation.process_request` | your closure | |
//! | `FulfillmentAutomation.dispatch`, `TierConfigAutomation.dispatch`, `UsageAutomation.dispatch`, `UsageFileAutomation.dispatch` | [`fulfillment::plan`](crate::fulfillment::plan()), [`tier_config::plan`](crate::tier_config::plan()), [`usage::plan`](crate::usage::plan()) | from an answer to the calls that carry it out, for tests of your closure |
//! | `FulfillmentAutomation.filters`, `TierConfigAutomation.filters`, `UsageAutomation.filters`, `UsageFileAutomation.filters` | [`Options::filter`](crate::Options::filter), [`Options::statuses`](crate::Options::statuses) | the configured products always count |
//! | `FulfillmentAutomation.list` | [`Fulfillment::requests`](crate::fulfillment::Fulfillment::requests) | |
//! | `TierConfigAutomation.list` | [`TierConfigs::requests`](crate::tier_config::TierConfigs::requests) | |
//! | `UsageAutomation.list` | [`Usage::listings`](crate::usage::Usage::listings) | |
//! | `UsageFileAutomation.list` | [`Usage::files`](crate::usage::Usage::files) | |
//! | `FulfillmentAutomation.get` | [`Fulfillment::request`](crate::fulfillment::Fulfillment::request) | |
//! | `TierConfigAutomation.get` | [`TierConfigs::request`](crate::tier_config::TierConfigs::request) | |
//! | `UsageAutomation.get` | [`Usage::listing`](crate::usage::Usage::listing) | its resource are the listings; `None` where there is none |
//! | `UsageFileAutomation.get` | [`Usage::file`](crate::usage::Usage::file) | likewise |
//! | `FulfillmentAutomation.approve`, `TierConfigAutomation.approve` | [`Approval`](crate::Approval) | as the closure's answer; without a loop [`Connect::post`](crate::Connect::post) |
//! | `FulfillmentAutomation.inquire` | [`Action::inquire`](crate::Action::inquire) | without a loop [`Fulfillment::inquire`](crate::fulfillment::Fulfillment::inquire) |
//! | `TierConfigAutomation.inquire` | [`Action::inquire`](crate::Action::inquire) | without a loop [`Connect::post`](crate::Connect::post) |
//! | `FulfillmentAutomation.fail`, `TierConfigAutomation.fail` | [`Action::fail`](crate::Action::fail) | without a loop [`Connect::post`](crate::Connect::post) |
//! | `FulfillmentAutomation.update_parameters` | [`Fulfillment::update_parameters`](crate::fulfillment::Fulfillment::update_parameters) | before an approval [`Approval::with_params`](crate::Approval::with_params) is one call in one plan |
//! | `TierConfigAutomation.update_parameters` | [`TierConfigs::update_parameters`](crate::tier_config::TierConfigs::update_parameters) | likewise |
//! | `FulfillmentAutomation.create_request` | [`Fulfillment::create_request`](crate::fulfillment::Fulfillment::create_request) | [`NewRequest`](crate::fulfillment::NewRequest) has one constructor for each type |
//! | `FulfillmentAutomation.get_tier_config` | [`TierConfigs::tier_config_for`](crate::tier_config::TierConfigs::tier_config_for) | |
//! | `FulfillmentAutomation.render_template` | [`Fulfillment::render`](crate::fulfillment::Fulfillment::render) | |
//! | `TierConfigAutomation.render_template` | [`TierConfigs::render`](crate::tier_config::TierConfigs::render) | |
//! | `UsageAutomation.submit_usage` | [`Usage::submit`](crate::usage::Usage::submit) | today's sheet; the old one's name: [`SheetName`](crate::usage::SheetName) |
//! | `UsageAutomation.get_usage_template` | [`Usage::template`](crate::usage::Usage::template) | |
//! | `AutomationEngine.limit`, `BaseResource.limit` | [`Options::page_size`](crate::Options::page_size) | no bound of the run: that is [`Options::max`](crate::Options::max) |
//! | `AutomationEngine.config`, `BaseResource.config` | [`Connect::config`](crate::Connect::config) | |
//! | `BaseResource.resource`, `BaseResource.model_class` | [`Connect::get`](crate::Connect::get), [`Connect::list`](crate::Connect::list) | any path into a type of your own |
//! | `FulfillmentAutomation.model_class` | [`Request`](crate::models::Request) | |
//! | `TierConfigAutomation.model_class` | [`TierConfigRequest`](crate::models::TierConfigRequest) | |
//! | `UsageAutomation.model_class` | [`Listing`](crate::models::Listing) | it was the class of usage files, by mistake |
//! | `UsageFileAutomation.model_class` | [`UsageFile`](crate::models::UsageFile) | |
//! | `ApiClient` | [`Connect`](crate::Connect) | |
//! | `ApiClient.get` | [`Connect::get`](crate::Connect::get) | |
//! | `ApiClient.post` | [`Connect::post`](crate::Connect::post) | |
//! | `ApiClient.put` | [`Connect::update`](crate::Connect::update) | by `PATCH` first, unless [`Config::update_method`](crate::Config::update_method) is PUT |
//! | `ApiClient.delete` | [`Connect::delete`](crate::Connect::delete) | |
//! | `ApiClient.get_url`, `ApiClient.urljoin`, `ApiClient.base_path` | | a path below the endpoint is enough |
//! | `ApiClient.headers` | | set by themselves |
//! | `ApiClient.config` | [`Connect::config`](crate::Connect::config) | |
//!
//! # Answers
//!
//! | Python | here | |
//! |---|---|---|
//! | `ActivationTemplateResponse`, `ActivationTemplateResponse.template_id` | [`Approval::template`](crate::Approval::template) | returned in `Ok` |
//! | `ActivationTileResponse`, `ActivationTileResponse.tile` | [`Approval::tile`](crate::Approval::tile) | returned in `Ok`; the text goes out as it is, JSON is not taken apart, and for an empty one nothing is made up: it is an error of its request |
//! | returning `None` | | does not compile: an order is never left without an answer by oversight |
//! | `FailRequest` | [`Action::fail`](crate::Action::fail) | returned in `Err`; for an empty reason nothing is made up: it is an error of its request |
//! | `InquireRequest` | [`Action::inquire`](crate::Action::inquire), [`Action::with_message`](crate::Action::with_message) | returned in `Err` |
//! | `InquireRequest.params` | [`ParamUpdate::error`](crate::models::ParamUpdate::error) | the argument of `inquire` |
//! | `SkipRequest` | [`Action::skip`](crate::Action::skip) | returned in `Err`; of usage files [`FileAction::skip`](crate::usage::FileAction::skip) |
//! | `UsageFileAction` | [`FileAction`](crate::usage::FileAction) | returned in `Ok` |
//! | `AcceptUsageFile` | [`FileAction::accept`](crate::usage::FileAction::accept) | |
//! | `CloseUsageFile` | [`FileAction::Close`](crate::usage::FileAction::Close) | its message was never sent |
//! | `DeleteUsageFile` | [`FileAction::Delete`](crate::usage::FileAction::Delete) | its message was never sent |
//! | `RejectUsageFile` | [`FileAction::reject`](crate::usage::FileAction::reject) | |
//! | `SubmitUsageFile` | [`FileAction::Submit`](crate::usage::FileAction::Submit) | |
//! | `FulfillmentFail`, `FulfillmentInquire`, `Skip` | [`Action`](crate::Action) | the names of the first three before version 16 |
//!
//! # Errors
//!
//! | Python | here | |
//! |---|---|---|
//! | `Message`, `Message.message` | [`Error`](crate::Error) | prints as one line |
//! | `Message.code`, `Message.obj` | | the variants of [`Action`](crate::Action) and [`FileAction`](crate::usage::FileAction) hold what they need |
//! | `ServerError`, `ServerError.error` | [`Error::Api`](crate::Error::Api) | |
//! | `ServerErrorResponse` | [`ApiError`](crate::ApiError) | with the status and the call |
//! | `FileCreationError` | [`Error::Sheet`](crate::Error::Sheet), [`Error::Input`](crate::Error::Input) | nothing was sent then; a failed call is [`Error::Api`](crate::Error::Api) or [`Error::Transport`](crate::Error::Transport) |
//! | `FileRetrievalError` | [`Error::Api`](crate::Error::Api), [`Error::Transport`](crate::Error::Transport) | with the address it failed at |
//! | `requests.RequestException` | [`Error::Transport`](crate::Error::Transport) | after three attempts |
//! | `IOError`, `ValueError` of a configuration | [`ConfigError`](crate::ConfigError) | |
//! | `TypeError` of a response | [`Error::Decode`](crate::Error::Decode) | one element that does not decode leaves the others alone |
//!
//! # Reading
//!
//! | Python | here | |
//! |---|---|---|
//! | `Directory` | [`Directory`](crate::directory::Directory) | |
//! | `Directory.list_assets` | [`Directory::assets`](crate::directory::Directory::assets) | the configured products count, as before |
//! | `Directory.get_asset` | [`Directory::asset`](crate::directory::Directory::asset) | `None` where there is none, as was documented |
//! | `Directory.list_products` | [`Directory::products`](crate::directory::Directory::products) | |
//! | `Directory.get_product` | [`Directory::product`](crate::directory::Directory::product) | |
//! | `Directory.list_tier_configs` | [`Directory::tier_configs`](crate::directory::Directory::tier_configs) | the configured products count, as before |
//! | `Directory.get_tier_config` | [`Directory::tier_config`](crate::directory::Directory::tier_config) | |
//! | `TemplateResource` | [`Directory`](crate::directory::Directory) | |
//! | `TemplateResource.get` | [`Directory::product_template`](crate::directory::Directory::product_template) | for an answer the id is enough: [`Approval::template`](crate::Approval::template) |
//! | `TemplateResource.render` | [`Fulfillment::render`](crate::fulfillment::Fulfillment::render) | the platform renders the request's own template |
//! | `TemplateResource.list` | [`Directory::product_templates`](crate::directory::Directory::product_templates) | it only raised |
//! | `Asset.get_requests` | [`Directory::asset_requests`](crate::directory::Directory::asset_requests) | |
//! | `Product.get_templates` | [`Directory::product_templates`](crate::directory::Directory::product_templates) | |
//! | `Product.get_product_configurations` | [`Directory::product_configurations`](crate::directory::Directory::product_configurations) | |
//! | `TierConfig.get` | [`TierConfigs::tier_config_for`](crate::tier_config::TierConfigs::tier_config_for) | of one tier level, or of any |
//! | `Fulfillment.get_conversation` | [`Fulfillment::conversation`](crate::fulfillment::Fulfillment::conversation) | its messages: [`Fulfillment::messages`](crate::fulfillment::Fulfillment::messages); the one of the type `notes`: [`Fulfillment::notes`](crate::fulfillment::Fulfillment::notes) |
//! | `Conversation.add_message` | [`Fulfillment::add_message`](crate::fulfillment::Fulfillment::add_message) | |
//! | `Query`, `connect.rql` | [`Query`](crate::rql::Query) | |
//! | `Query(properties)` | [`Query::new`](crate::rql::Query::new) | and the operators below |
//! | `Query.in_` | [`Query::in_`](crate::rql::Query::in_) | |
//! | `Query.out` | [`Query::out`](crate::rql::Query::out) | |
//! | `Query.like` | [`Query::like`](crate::rql::Query::like) | the platform knows `*` only; a literal one: [`rql::literal`](crate::rql::literal) |
//! | `Query.ilike` | [`Query::ilike`](crate::rql::Query::ilike) | likewise |
//! | `Query.equal` | [`Query::equal`](crate::rql::Query::equal) | |
//! | `Query.not_equal` | [`Query::not_equal`](crate::rql::Query::not_equal) | |
//! | `Query.greater` | [`Query::greater`](crate::rql::Query::greater) | |
//! | `Query.greater_equal` | [`Query::greater_equal`](crate::rql::Query::greater_equal) | |
//! | `Query.lesser` | [`Query::lesser`](crate::rql::Query::lesser) | |
//! | `Query.lesser_equal` | [`Query::lesser_equal`](crate::rql::Query::lesser_equal) | |
//! | `Query.select` | [`Query::select`](crate::rql::Query::select) | |
//! | `Query.ordering` | [`Query::ordering`](crate::rql::Query::ordering) | |
//! | `Query.order_by` | [`Query::order_by`](crate::rql::Query::order_by) | sent as `ordering(…)`, which the platform understands |
//! | `Query.limit` | [`Query::limit`](crate::rql::Query::limit) | the most that come in all |
//! | `Query.offset` | [`Query::offset`](crate::rql::Query::offset) | counts objects, not pages |
//! | `Query.compile` | [`Query::compile`](crate::rql::Query::compile) | |
//!
//! # Models
//!
//! A field has the name it had, and `type` is `kind`; what else differs has a row of its own. Texts that may be
//! missing are `Option`, points in time are `OffsetDateTime`, statuses are enums; [`models`](crate::models) has the rules.
//!
//! These have no `id`, since the platform gives them none and it was always empty: `Activation`, `AgreementStats`,
//! `Anniversary`, `Attributes`, `Billing`, `BillingStat`, `BillingStats`, `Commitment`, `Configuration`,
//! `Constraints`, `Contact`, `ContactInfo`, `CustomerUiSettings`, `Document`, `DownloadLink`, `Event`, `Events`,
//! `ExtIdHub`, `HubStats`, `Period`, `PhoneNumber`, `ProductConfiguration`, `ProductConfigurationParameter`,
//! `ProductStats`, `ProductStatsInfo`, `Renewal`, `Tiers`, `Ui`, `UsageRecordCounts`, `UsageStats`, `ValueChoice`.
//!
//! | Python | here | |
//! |---|---|---|
//! | `BaseModel` | | each model is a struct |
//! | `BaseModel.id` | the field `id` | but for the models named above |
//! | `BaseModel.deserialize`, `BaseModel.deserialize_json` | `serde_json::from_str`, `serde_json::from_value` | |
//! | `BaseModel.json` | `serde_json::to_value` | |
//! | `Activation` | [`Activation`](crate::models::Activation) | |
//! | `Agreement` | [`Agreement`](crate::models::Agreement) | |
//! | `AgreementStats` | [`AgreementStats`](crate::models::AgreementStats) | |
//! | `Asset` | [`Asset`](crate::models::Asset) | |
//! | `Asset.get_param_by_id` | [`Asset::param`](crate::models::Asset::param) | |
//! | `Asset.get_item_by_id` | [`Asset::item`](crate::models::Asset::item) | |
//! | `Asset.get_item_by_mpn` | [`Asset::item_by_mpn`](crate::models::Asset::item_by_mpn) | |
//! | `Asset.get_item_by_global_id` | [`Asset::item_by_global_id`](crate::models::Asset::item_by_global_id) | |
//! | `Company` | [`Account`](crate::models::Account) | |
//! | `Configuration` | [`Configuration`](crate::models::Configuration) | |
//! | `Configuration.get_param_by_id` | [`Configuration::param`](crate::models::Configuration::param) | |
//! | `Connection` | [`Connection`](crate::models::Connection) | |
//! | `Constraints` | [`Constraints`](crate::models::Constraints) | |
//! | `Contact` | [`Contact`](crate::models::Contact) | |
//! | `ContactInfo` | [`ContactInfo`](crate::models::ContactInfo) | |
//! | `Contract` | [`Contract`](crate::models::Contract) | |
//! | `Conversation` | [`Conversation`](crate::models::Conversation) | today's platform lists its messages apart |
//! | `ConversationMessage` | [`Message`](crate::models::Message) | |
//! | `Country` | [`Country`](crate::models::Country) | |
//! | `CustomerUiSettings` | [`CustomerUiSettings`](crate::models::CustomerUiSettings) | |
//! | `Document` | [`Document`](crate::models::Document) | |
//! | `DownloadLink` | [`DownloadLink`](crate::models::DownloadLink) | |
//! | `Event`, `EventInfo` | [`Event`](crate::models::Event) | |
//! | `Events` | [`Events`](crate::models::Events) | a method for the moment of each event, [`get`](crate::models::Events::get) for who did it |
//! | `Events.accepted` | [`Events::accepted`](crate::models::Events::accepted) | |
//! | `Events.approved` | [`Events::approved`](crate::models::Events::approved) | |
//! | `Events.closed` | [`Events::closed`](crate::models::Events::closed) | |
//! | `Events.created` | [`Events::created`](crate::models::Events::created) | |
//! | `Events.inquired` | [`Events::inquired`](crate::models::Events::inquired) | |
//! | `Events.pending` | [`Events::pended`](crate::models::Events::pended) | as the JSON has it |
//! | `Events.rejected` | [`Events::rejected`](crate::models::Events::rejected) | |
//! | `Events.submitted` | [`Events::submitted`](crate::models::Events::submitted) | |
//! | `Events.updated` | [`Events::updated`](crate::models::Events::updated) | |
//! | `Events.uploaded` | [`Events::uploaded`](crate::models::Events::uploaded) | |
//! | `Events.validated` | [`Events::validated`](crate::models::Events::validated) | |
//! | `ExtIdHub` | [`ExtIdHub`](crate::models::ExtIdHub) | |
//! | `Fulfillment` | [`Request`](crate::models::Request) | |
//! | `Fulfillment.new_items` | [`Request::new_items`](crate::models::Request::new_items) | |
//! | `Fulfillment.changed_items` | [`Request::changed_items`](crate::models::Request::changed_items) | an item whose quantity stays is not changed |
//! | `Fulfillment.removed_items` | [`Request::removed_items`](crate::models::Request::removed_items) | |
//! | `Fulfillment.needs_migration` | [`Request::needs_migration`](crate::models::Request::needs_migration) | by another parameter: [`Request::needs_migration_with`](crate::models::Request::needs_migration_with) |
//! | `Fulfillment.note` | the field `note` | of a new request: [`NewRequest::with_note`](crate::fulfillment::NewRequest::with_note); of a known one: [`Fulfillment::update_note`](crate::fulfillment::Fulfillment::update_note) |
//! | `Hub` | [`Hub`](crate::models::Hub) | |
//! | `HubInstance` | [`HubInstance`](crate::models::HubInstance) | |
//! | `HubStats` | [`HubStats`](crate::models::HubStats) | |
//! | `Item` | [`Item`](crate::models::Item) | quantities are [`Quantity`](crate::models::Quantity): `unlimited` is no -1 |
//! | `Item.get_param_by_id` | [`Item::param`](crate::models::Item::param) | |
//! | `Marketplace` | [`Marketplace`](crate::models::Marketplace) | |
//! | `Param` | [`Param`](crate::models::Param) | what is sent is a [`ParamUpdate`](crate::models::ParamUpdate) |
//! | `PhoneNumber` | [`PhoneNumber`](crate::models::PhoneNumber) | |
//! | `Product` | [`Product`](crate::models::Product) | |
//! | `ProductCategory` | [`ProductCategory`](crate::models::ProductCategory) | |
//! | `ProductConfiguration` | [`ProductConfiguration`](crate::models::ProductConfiguration) | |
//! | `ProductConfigurationParameter` | [`ProductConfigurationParameter`](crate::models::ProductConfigurationParameter) | |
//! | `ProductFamily` | [`ProductFamily`](crate::models::ProductFamily) | |
//! | `ProductStats` | [`ProductStats`](crate::models::ProductStats) | |
//! | `ProductStatsInfo` | [`ProductStatsInfo`](crate::models::ProductStatsInfo) | |
//! | `Renewal` | [`Renewal`](crate::models::Renewal) | |
//! | `Renewal.from_` | the field `from` | |
//! | `ServerErrorResponse.error_code` | [`ApiError::error_code`](crate::ApiError::error_code) | |
//! | `ServerErrorResponse.errors` | [`ApiError::errors`](crate::ApiError::errors) | |
//! | `ServerErrorResponse.params` | [`ApiError::params`](crate::ApiError::params) | |
//! | `Template` | [`Template`](crate::models::Template) | |
//! | `TierAccount` | [`TierAccount`](crate::models::TierAccount) | |
//! | `TierAccounts` | [`Tiers`](crate::models::Tiers) | |
//! | `TierConfig` | [`TierConfig`](crate::models::TierConfig) | |
//! | `TierConfig.get_param_by_id` | [`TierConfig::param`](crate::models::TierConfig::param) | |
//! | `TierConfigRequest` | [`TierConfigRequest`](crate::models::TierConfigRequest) | |
//! | `TierConfigRequest.get_param_by_id` | [`TierConfigRequest::param`](crate::models::TierConfigRequest::param) | |
//! | `TierConfigRequest.notes` | the field `notes` | stored by [`TierConfigs::update_notes`](crate::tier_config::TierConfigs::update_notes) |
//! | `UsageFile` | [`UsageFile`](crate::models::UsageFile) | to be made: [`NewUsageFile`](crate::usage::NewUsageFile) |
//! | `UsageListing` | [`Listing`](crate::models::Listing) | |
//! | `UsageRecord` | [`UsageRecord`](crate::usage::UsageRecord) | times are `OffsetDateTime`, quantities exact decimals |
//! | `UsageRecord.usage_record_id` | [`UsageRecord::record_id`](crate::usage::UsageRecord::record_id) | as the column is called |
//! | `UsageRecords` | [`UsageRecordCounts`](crate::models::UsageRecordCounts) | |
//! | `User` | [`User`](crate::models::User) | |
//! | `ValueChoice` | [`ValueChoice`](crate::models::ValueChoice) | |
//!
//! # Logging and migration
//!
//! | Python | here | |
//! |---|---|---|
//! | `logger`, `connect.logger` | the `log` crate's macros | in a program without a logger: [`connect::logger`](mod@crate::logger), which names the request in each line |
//! | `function_log` | the targets `connect::process`, `connect::http` at level `debug` | of a request that fails, its calls are written at level `error` |
//! | `MigrationHandler`, `connect.migration_handler` | your closure | below is how |
//! | `MigrationHandler.migrate`, `MigrationHandler.transformations`, `MigrationHandler.serialize` | [`Approval::with_params`](crate::Approval::with_params) | |
//! | `MigrationHandler.migration_key` | [`Request::needs_migration_with`](crate::models::Request::needs_migration_with) | |
//! | `MigrationHandler.needs_migration` | [`Request::needs_migration`](crate::models::Request::needs_migration) | |
//! | `MigrationAbortError`, `MigrationParamError` | any error, by `?` | the order stays pending and is reported |
//!
//! What `MigrationHandler` did is a few lines without a class:
//!
//! ```
//! use connect::models::{ParamUpdate, Request};
//! use serde_json::Value;
//!
//! fn migrated(request: &Request) -> anyhow::Result<Vec<ParamUpdate>> {
//!     let info = request.param("migration_info").and_then(|param| param.text()).unwrap_or("{}");
//!     let info: Value = serde_json::from_str(info)?;
//!     let params = request.asset.params.iter().filter_map(|param| {
//!         Some(ParamUpdate::value(&param.id, info.get(&param.id)?.as_str()?))
//!     });
//!     Ok(params.collect())
//! }
//!
//! let request: Request = serde_json::from_str(
//!     r#"{"asset": {"params": [
//!         {"id": "migration_info", "value": "{\"tenant_id\": \"old-77\"}"},
//!         {"id": "tenant_id", "value": ""}
//!     ]}}"#,
//! )?;
//! assert!(request.needs_migration());
//! assert_eq!(migrated(&request)?, [ParamUpdate::value("tenant_id", "old-77")]);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # Names of later versions
//!
//! | Python | here | |
//! |---|---|---|
//! | `AssetRequest` | [`Request`](crate::models::Request) | |
//! | `TierAccountRequest` | [`TierAccountRequest`](crate::models::TierAccountRequest) | listed by [`Directory::tier_account_requests`](crate::directory::Directory::tier_account_requests) |
//! | `TierAccountRequestAutomation` | [`Connect::post`](crate::Connect::post) | to `/tier/account-requests/{id}/accept` or `…/ignore` |
//! | `Directory.search_tier_accounts` | [`Directory::tier_accounts`](crate::directory::Directory::tier_accounts) | |
//! | `Directory.get_tier_account` | [`Directory::tier_account`](crate::directory::Directory::tier_account) | |
//! | `MarketplaceResource` | [`Directory::marketplaces`](crate::directory::Directory::marketplaces) | |
//! | `RecurringAsset` | [`Subscription`](crate::models::Subscription) | listed by [`Connect::list`](crate::Connect::list) from `/subscriptions/assets` |
//! | `BillingRequest` | [`BillingRequest`](crate::models::BillingRequest) | likewise from `/subscriptions/requests` |
//! | `Billing` | [`Billing`](crate::models::Billing) | |
//! | `Anniversary` | [`Anniversary`](crate::models::Anniversary) | |
//! | `Stats` | [`BillingStats`](crate::models::BillingStats) | |
//! | `Stat` | [`BillingStat`](crate::models::BillingStat) | |
//! | `LastRequest` | [`LastRequest`](crate::models::LastRequest) | |
//! | `Period` | [`Period`](crate::models::Period) | `period_from` and `period_to` are `from` and `to` |
//! | `Attributes` | [`Attributes`](crate::models::Attributes) | |
//! | `Unit` | [`Unit`](crate::models::Unit) | |
//! | `Commitment` | [`Commitment`](crate::models::Commitment) | |
//! | `UI` | [`Ui`](crate::models::Ui) | |
//! | `UsageStats` | [`UsageStats`](crate::models::UsageStats) | |
