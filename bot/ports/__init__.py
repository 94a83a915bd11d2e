"""The doors of the core, as Protocols. Adapters walk through them; services only ever see them.

`clock` owns time and the bell, `voice` the road to the phone network, `chat` the place where people type,
`ledger` what is remembered, `http` the plain request and reply that webhooks speak.
"""
