"""Which asset a symbol stands for: `resolver.Names` answers, `listed` fills it from packages that are installed."""
