"""A learner of River behind HTTP, in one process, without ids and without anything kept on disk.

POST /predict_learn {"features": {...}, "target": number} answers {"prediction": number}; the first argument names the
learner, the second is the port. What River users write by hand, on the usual fast stack: FastAPI, uvicorn, uvloop.
"""

import platform
import sys

import fastapi
import river
import uvicorn
from pydantic import BaseModel
from river import forest, linear_model, neighbors, preprocessing

LEARNERS = {
    "linear_regression": lambda: preprocessing.StandardScaler() | linear_model.LinearRegression(),
    "ridge_regression": lambda: preprocessing.StandardScaler() | linear_model.LinearRegression(l2=1.0),
    "knn_regressor": lambda: preprocessing.StandardScaler()
    | neighbors.KNNRegressor(n_neighbors=5, engine=neighbors.LazySearch(window_size=1000)),
    "amf_regressor": lambda: preprocessing.StandardScaler() | forest.AMFRegressor(n_estimators=10, seed=42),
}


class Observation(BaseModel):
    features: dict[str, float]
    target: float


app = fastapi.FastAPI()
model = LEARNERS[sys.argv[1]]()


@app.get("/health")
async def health():
    return {"version": f"River {river.__version__}, FastAPI {fastapi.__version__}, Python {platform.python_version()}"}


@app.post("/predict_learn")
async def predict_learn(observation: Observation):
    prediction = model.predict_one(observation.features)
    model.learn_one(observation.features, observation.target)
    return {"prediction": prediction}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
