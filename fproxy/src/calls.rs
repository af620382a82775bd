//! The calls of the API, as one table: each is at once a route and an operation of the description in
//! OpenAPI 3.1, so that neither can be without the other.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::routing::{self, MethodRouter};
use serde_json::Value;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, HttpMethod, InfoBuilder, LicenseBuilder, OpenApiBuilder, Paths, Ref, RefOr, Required,
    Response, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

use crate::api::ErrorBody;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
/// The name under which the description knows the token.
const TOKEN: &str = "token";

/// One call: where it is, what it takes and gives, in words and types, and what answers it.
pub(crate) struct Call<S> {
    path: &'static str,
    method: HttpMethod,
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
    answering: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Call<S> {
    /// A call that changes nothing. `words` say what it does, in one sentence.
    pub(crate) fn get<T: 'static>(path: &'static str, handler: impl Handler<T, S>, words: &str) -> Self {
        Self::new((HttpMethod::Get, "get"), path, routing::get(handler), words)
    }

    /// A call that begins or does something.
    pub(crate) fn post<T: 'static>(path: &'static str, handler: impl Handler<T, S>, words: &str) -> Self {
        Self::new((HttpMethod::Post, "post"), path, routing::post(handler), words)
    }

    /// A call that sets something.
    pub(crate) fn put<T: 'static>(path: &'static str, handler: impl Handler<T, S>, words: &str) -> Self {
        Self::new((HttpMethod::Put, "put"), path, routing::put(handler), words)
    }

    /// A call that ends something.
    pub(crate) fn delete<T: 'static>(path: &'static str, handler: impl Handler<T, S>, words: &str) -> Self {
        Self::new((HttpMethod::Delete, "delete"), path, routing::delete(handler), words)
    }

    fn new((method, verb): (HttpMethod, &str), path: &'static str, answering: MethodRouter<S>, words: &str) -> Self {
        let mut operation = OperationBuilder::new().operation_id(Some(operation_id(verb, path))).summary(Some(words));
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            operation = operation.parameter(path_parameter(name));
        }
        Self { path, method, operation, schemas: Vec::new(), answering }
    }

    /// It takes a body of so many bytes, more or fewer than other calls.
    pub(crate) fn at_most(mut self, len: usize) -> Self {
        self.answering = self.answering.layer(DefaultBodyLimit::max(len));
        self
    }

    /// It takes JSON.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        let content = Content::new(Some(self.refer::<T>()));
        self.body(JSON, content)
    }

    /// It takes bytes as they are.
    pub(crate) fn takes_bytes(self) -> Self {
        self.body(BYTES, Content::default())
    }

    /// It takes a number after the question mark, or none.
    pub(crate) fn asks(mut self, name: &str, words: &str) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        self.operation = self.operation.parameter(parameter.description(Some(words)).schema(Some(u64::schema())));
        self
    }

    /// It takes a text after the question mark, or none.
    pub(crate) fn asks_text(mut self, name: &str, words: &str) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        self.operation = self.operation.parameter(parameter.description(Some(words)).schema(Some(String::schema())));
        self
    }

    /// It gives JSON.
    pub(crate) fn gives<T: ToSchema>(mut self, status: StatusCode) -> Self {
        let content = Content::new(Some(self.refer::<T>()));
        self.answer(status, ResponseBuilder::new().content(JSON, content))
    }

    /// It gives a list in JSON.
    pub(crate) fn gives_list<T: ToSchema>(mut self) -> Self {
        let list = ArrayBuilder::new().items(self.refer::<T>()).build();
        self.answer(StatusCode::OK, ResponseBuilder::new().content(JSON, Content::new(Some(list))))
    }

    /// It gives bytes as they are.
    pub(crate) fn gives_bytes(self) -> Self {
        self.answer(StatusCode::OK, ResponseBuilder::new().content(BYTES, Content::default()))
    }

    /// It gives a JSON object that is described elsewhere.
    pub(crate) fn gives_json(self) -> Self {
        self.answer(StatusCode::OK, ResponseBuilder::new().content(JSON, Content::default()))
    }

    /// It has nothing to give but its status.
    pub(crate) fn gives_nothing(self, status: StatusCode) -> Self {
        self.answer(status, ResponseBuilder::new())
    }

    fn body(mut self, media_type: &str, content: Content) -> Self {
        let body = RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True));
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    fn answer(mut self, status: StatusCode, response: ResponseBuilder) -> Self {
        let response = response.description(status.canonical_reason().unwrap_or_default());
        self.operation = self.operation.response(status.as_str(), response.build());
        self
    }

    /// Puts a type among those that are described by name, and names it.
    fn refer<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name()).into()
    }
}

/// Every call as a route, and all of them as a description.
pub(crate) fn served<S: Clone + Send + Sync + 'static>(calls: Vec<Call<S>>) -> (Router<S>, Value) {
    let (mut router, mut paths) = (Router::new(), Paths::new());
    let mut schemas = BTreeMap::from([(ErrorBody::name().into_owned(), ErrorBody::schema())]);
    for call in calls {
        router = router.route(call.path, call.answering);
        paths.add_path_operation(call.path, vec![call.method], call.operation.response("default", refused()));
        schemas.extend(call.schemas);
    }
    (router, description(paths, schemas))
}

fn description(paths: Paths, schemas: BTreeMap<String, RefOr<Schema>>) -> Value {
    let words = "A running node, on this machine alone. docs/api.md describes the same calls for people.";
    let license = LicenseBuilder::new().name("GPL-3.0-or-later").identifier(Some("GPL-3.0-or-later"));
    let info = InfoBuilder::new().title("Roneo").version(env!("CARGO_PKG_VERSION")).description(Some(words));
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let described = OpenApiBuilder::new()
        .info(info.license(Some(license.build())).build())
        .servers(Some([Server::new("/api/v1")]))
        .paths(paths)
        .components(Some(ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme(TOKEN, token).build()))
        .security(Some([SecurityRequirement::new(TOKEN, [""; 0])]))
        .build();
    let mut described = serde_json::to_value(described).expect("every key in a description is a text");
    plain_words(&mut described);
    described
}

/// Every answer with a status of 400 or above.
fn refused() -> Response {
    let body = RefOr::<Schema>::from(Ref::from_schema_name(ErrorBody::name()));
    ResponseBuilder::new().description("Refused or failed").content(JSON, Content::new(Some(body))).build()
}

/// Takes the marks of rustdoc's links out of every text: nobody follows them here.
fn plain_words(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("[`", "`").replace("`]", "`"),
        Value::Array(values) => values.iter_mut().for_each(plain_words),
        Value::Object(fields) => fields.values_mut().for_each(plain_words),
        _ => {}
    }
}

/// `get_fetches_job_content`: what a generated client calls it.
fn operation_id(verb: &str, path: &str) -> String {
    let words = path.split(|mark: char| !mark.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(verb.to_owned(), |id, word| format!("{id}_{word}"))
}

/// Jobs are numbers; whatever else a path names is a text.
fn path_parameter(name: &str) -> Parameter {
    let schema = if name == "job" { u64::schema() } else { String::schema() };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}
