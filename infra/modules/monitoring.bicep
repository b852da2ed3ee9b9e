metadata description = 'Log Analytics and Application Insights, written to by the app\'s identity alone.'

@description('Short name of the deployment.')
param name string

@description('Makes names unique.')
param suffix string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of a workspace to use. Empty: one is made.')
param existingWorkspaceId string

@description('Days that logs are kept in a workspace made here.')
param logRetentionDays int

@description('Object id of the app\'s identity.')
param principalId string

var workspaceName = 'log-${name}-${suffix}'
var usedWorkspaceId = empty(existingWorkspaceId)
  ? resourceId('Microsoft.OperationalInsights/workspaces', workspaceName)
  : existingWorkspaceId

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logRetentionDays
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}-${suffix}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: usedWorkspaceId
  }
  dependsOn: [
    workspace
  ]
}

var metricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

resource publisherRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, metricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: metricsPublisher
  }
}

@description('Name of the Application Insights component.')
output insightsName string = insights.name

@description('Resource id of the workspace.')
output workspaceId string = usedWorkspaceId
