"""A small LLM platform: three fleets of workers that read their model from env files and serve simulated tenants."""
