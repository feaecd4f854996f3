"""Parts of the page that tell of other nouns than the evaluation: one module each, from the noun to a section."""
