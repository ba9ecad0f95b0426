"""The contract every channel keeps."""
