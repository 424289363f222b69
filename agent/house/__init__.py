"""The house model: a LangChain chat model without weights. It keeps the office answering when no other model can."""
