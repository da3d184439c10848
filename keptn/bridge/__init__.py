"""The pages that people keep open. `functions/bridge` calls `routes`; how a page is added: ARCHITECTURE.md."""
