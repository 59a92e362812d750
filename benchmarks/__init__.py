"""How quickly the platform answers: generated data, a server of its own, a load client and floors to compare with."""
