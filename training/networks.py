"""The two networks as they are trained: the reader that ships, and a larger one for it to learn from.

Both are encoders in the manner of BERT with three heads: first word of the answer, last word, and whether there is one.
A forward pass of our own runs either, by the fused attention of PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import dropout, gelu, normalize, scaled_dot_product_attention

from training.tokens import Marks, Pairs

Logits = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Of each token as first and as last of the answer, (pairs, tokens), relative to the first token of all, which stands
for none; the lowest number where a token cannot be. And whether there is an answer, (pairs,)."""

LOWEST = -1e4


class Block(nn.Module):
    """One layer of BERT's or MPNet's, whose parameters stay theirs."""

    def __init__(self, attention: Sequence[nn.Module], rest: Sequence[nn.Module], heads: int, share: float) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out, self.norm = attention
        self.wider, self.narrower, self.last_norm = rest
        self.heads, self.share = heads, share

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of shape (pairs, tokens, width); ``mask`` is added to what attention looks at."""
        pairs, tokens, width = hidden.shape
        share = self.share if self.training else 0.0
        query, key, value = (
            part(hidden).view(pairs, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        seen = scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=share)
        seen = self.out(seen.transpose(1, 2).reshape(pairs, tokens, width))
        hidden = self.norm(hidden + dropout(seen, share, self.training))
        further = self.narrower(gelu(self.wider(hidden)))
        found: torch.Tensor = self.last_norm(hidden + dropout(further, share, self.training))
        return found


class SpanNetwork(nn.Module):
    """An encoder with its heads."""

    def __init__(
        self,
        model: Any,
        blocks: Sequence[Block],
        heads: tuple[nn.Module, nn.Module],
        marks: Marks,
        bias: Callable[[torch.Tensor], torch.Tensor] | None,
    ) -> None:
        """``model`` has the embeddings; ``bias`` is what attention adds by distance, of hidden states, if anything."""
        super().__init__()
        self.model: Any = model
        self.blocks = nn.ModuleList(blocks)
        self.spans, self.answerable = heads
        self.marks, self._bias = marks, bias

    def hidden(self, pairs: Pairs) -> torch.Tensor:
        """The last layer's states."""
        kinds = {"token_type_ids": pairs.types} if self._bias is None else {}
        hidden: torch.Tensor = self.model.embeddings(input_ids=pairs.ids, **kinds)
        closed = torch.zeros_like(pairs.ids, dtype=hidden.dtype).masked_fill(~pairs.there, LOWEST)
        mask = closed[:, None, None, :].expand(-1, 1, pairs.ids.shape[1], -1)
        if self._bias is not None:
            mask = mask + self._bias(hidden)
        if torch.is_autocast_enabled(hidden.device.type):
            mask = mask.to(torch.get_autocast_dtype(hidden.device.type))
        for block in self.blocks:
            hidden = block(hidden, mask)
        return hidden

    def forward(self, pairs: Pairs) -> Logits:
        """Scores of every token and of every pair."""
        hidden = self.hidden(pairs)
        starts, ends = self.spans(hidden).float().unbind(-1)
        closed = ~pairs.allowed
        closed[:, 0] = False
        starts, ends = ((each - each[:, :1]).masked_fill(closed, LOWEST) for each in (starts, ends))
        judged: torch.Tensor = self.answerable(hidden[:, 0]).float()[:, 0]
        return starts, ends, judged

    def embedded(self, pairs: Pairs) -> torch.Tensor:
        """Unit vectors of texts, as a sentence encoder makes them: the mean over tokens, shape (pairs, width)."""
        there = pairs.there[:, :, None]
        return normalize((self.hidden(pairs).float() * there).sum(1) / there.sum(1), dim=1)


def student(network: Any, tokenizer: Any, share: float) -> SpanNetwork:
    """The reader's network, which goes on being the one that ``SpanModel`` has."""
    bert = network.bert
    blocks = [
        Block(
            (
                layer.attention.self.query,
                layer.attention.self.key,
                layer.attention.self.value,
                layer.attention.output.dense,
                layer.attention.output.LayerNorm,
            ),
            (layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm),
            bert.config.num_attention_heads,
            share,
        )
        for layer in bert.encoder.layer
    ]
    heads = (network.qa_outputs, network.answerable)
    return SpanNetwork(bert, blocks, heads, Marks.of_bert(tokenizer), None)


def teacher(folder: Path, bert_tokenizer: Any, device: str, *, bare: bool = False) -> SpanNetwork:
    """MPNet with new heads; ``bare`` leaves its weights as chance has them, for rehearsals."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer, MPNetModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any
    if bare:
        model = MPNetModel(AutoConfig.from_pretrained(folder), add_pooling_layer=False)
    else:
        model = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)
    config, encoder = model.config, model.encoder
    blocks = [
        Block(
            (
                layer.attention.attn.q,
                layer.attention.attn.k,
                layer.attention.attn.v,
                layer.attention.attn.o,
                layer.attention.LayerNorm,
            ),
            (layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm),
            config.num_attention_heads,
            config.hidden_dropout_prob,
        )
        for layer in encoder.layer
    ]
    encoder.relative_attention_bias.weight.requires_grad = False  # fused attention has no gradient for it
    heads = (nn.Linear(config.hidden_size, 2), nn.Linear(config.hidden_size, 1))

    def bias(hidden: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = encoder.compute_position_bias(hidden[:1])
        return found

    return SpanNetwork(model, blocks, heads, Marks.of_mpnet(tokenizer, bert_tokenizer, device), bias).to(device)
