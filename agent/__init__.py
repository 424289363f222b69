"""How we decide: the LangChain agent, its tools and middleware, the house model, the guard, the tongue."""
