//! Tokens.

use std::sync::Arc;

use strongroom_core::time::Seconds;
use strongroom_core::token::{AskedLifetime, Token, TokenKind};
use strongroom_engine::IssuedToken;
use strongroom_engine::operations::token::{
    CreateToken, LookupToken, RenewToken, RevokeToken, TokenParent, TokenRead, TokenReference,
    TokenRequest,
};
use strongroom_wire as wire;

use super::fault::Fault;
use super::registry::Serve;

impl Serve for wire::CreateToken {
    type Operation = CreateToken;

    fn operation(self) -> Result<CreateToken, Fault> {
        let parent = match self.parent {
            wire::TokenParent::Caller => TokenParent::Caller,
            wire::TokenParent::None => TokenParent::None,
            wire::TokenParent::Role(role) => TokenParent::Role(role),
        };
        let asked = TokenRequest {
            text: None,
            policies: self.policies,
            without_default_policy: self.without_default_policy,
            without_parent: false,
            metadata: self.metadata,
            display_name: self.display_name,
            lifetime: AskedLifetime {
                ttl: Seconds(self.ttl_secs),
                explicit_max: Seconds(self.max_ttl_secs),
                period: Seconds(self.period_secs),
            },
            renewable: self.renewable,
            uses: self.uses,
            kind: self.batch.then_some(TokenKind::Batch),
            entity_alias: None,
        };
        Ok(CreateToken::new(parent, asked))
    }

    fn answer(issued: IssuedToken) -> wire::IssuedToken {
        wire::IssuedToken {
            token: shown(issued.token, issued.identity_policies),
            text: wire::TokenText(issued.text),
            warnings: issued.warnings,
        }
    }
}

impl Serve for wire::LookupToken {
    type Operation = LookupToken;

    fn operation(self) -> Result<LookupToken, Fault> {
        Ok(LookupToken(reference(self.which)))
    }

    fn answer(read: TokenRead) -> wire::Token {
        shown(read.token, read.identity_policies)
    }
}

impl Serve for wire::RenewToken {
    type Operation = RenewToken;

    fn operation(self) -> Result<RenewToken, Fault> {
        Ok(RenewToken { which: reference(self.which), increment: Seconds(self.increment_secs) })
    }

    fn answer(token: Token) -> wire::Token {
        shown(token, Vec::new())
    }
}

impl Serve for wire::RevokeToken {
    type Operation = RevokeToken;

    fn operation(self) -> Result<RevokeToken, Fault> {
        Ok(RevokeToken { which: reference(self.which), orphans: self.orphans })
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

fn reference(which: wire::WhichToken) -> TokenReference {
    match which {
        wire::WhichToken::Own => TokenReference::Own,
        wire::WhichToken::Token(text) => TokenReference::Text(Arc::new(text.0)),
        wire::WhichToken::Accessor(accessor) => TokenReference::Accessor(accessor),
    }
}

fn shown(token: Token, identity_policies: Vec<String>) -> wire::Token {
    wire::Token {
        accessor: token.accessor.to_string(),
        display_name: token.display_name,
        policies: token.policies,
        identity_policies,
        metadata: token.metadata,
        path: token.path,
        kind: if token.kind == TokenKind::Batch { "batch" } else { "service" }.to_owned(),
        created: token.lifetime.issued.into(),
        expires: token.lifetime.expires.map(wire::Time),
        renewable: token.lifetime.renewable,
        orphan: token.parent.is_none(),
        uses_left: token.uses_left,
    }
}
