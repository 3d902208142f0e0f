"""Rasa tokenizer: underthesea finds the words, and each word's lemma is how it looks without diacritics.

Featurizers work on lemmas, so "dịch vụ công", "dich vu cong" and "dvc" give the same features.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from underthesea import word_tokenize

from retrieval.text import expand_abbreviations, normalise, strip_diacritics

_WORD = re.compile(r"\w")
_SYLLABLE = re.compile(r"\w+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class VietnameseTokenizer(Tokenizer):
    """Splits messages into Vietnamese words; `lemma` has abbreviations written out and no diacritics."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Rasa's own defaults for tokenizers."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """Tokens with offsets into the message's own text; punctuation gives none where there are words."""
        text = message.get(attribute)
        # A classifier fails on a message without any token, so one without words ("?!") is one token.
        spans = word_spans(text) or [(0, len(text))]
        tokens = [Token(text[start:end], start, lemma=_lemma(text[start:end])) for start, end in spans]
        return self._apply_token_pattern(tokens)


def word_spans(text: Text) -> List[tuple]:
    """(start, end) of each word in `text`. Falls back to syllables where the segmenter changed the text."""
    spans, at = [], 0
    for word in word_tokenize(text):
        # The segmenter joins the syllables of a word by one space, however many the person typed.
        match = re.compile(r"\s+".join(map(re.escape, word.split()))).search(text, at)
        if match is None:
            return [found.span() for found in _SYLLABLE.finditer(text)]
        at = match.end()
        if _WORD.search(word):
            spans.append(match.span())
    return spans


def _lemma(word: Text) -> Text:
    return strip_diacritics(expand_abbreviations(normalise(word)))
