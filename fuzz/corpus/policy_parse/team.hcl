# A team's policy
name = "team"
path "secret/data/{{identity.entity.metadata.team}}/*" {
  capabilities = ["create", "read", "update", "patch", "delete"]
  allowed_parameters = { "data" = [], "options" = [{ "cas" = 0 }], "*" = ["x*", 1.5, true] }
  denied_parameters = { "bad" = [] }
  required_parameters = ["data"]
  min_wrapping_ttl = 300
  max_wrapping_ttl = "1h30m"
}
path "secret/metadata/+/list" { capabilities = ["list"] }
path "sys/*" { policy = "deny" }
