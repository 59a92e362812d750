"""How quickly the platform answers: generated data, a server, a load client, floors to compare with."""
