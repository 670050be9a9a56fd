"""The index in a Milvus: a shared store that several machines write to and answer from (https://milvus.io)."""
